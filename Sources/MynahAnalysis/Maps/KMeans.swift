import MynahIO
import MynahTensors

/// A partition of points into clusters, by Lloyd's algorithm from centres that k-means++ chooses.
///
/// Each iteration assigns every point to its nearest centre and moves every centre to the mean of its points, until no
/// assignment changes. S. P. Lloyd, "Least squares quantization in PCM", 1982; D. Arthur, S. Vassilvitskii,
/// "k-means++: the advantages of careful seeding", 2007. The same points and seed give the same clusters.
public struct KMeans: Sendable {
  /// The cluster of each point.
  ///
  /// Clusters are numbered by decreasing size; 0 is the largest.
  public let clusters: [Int]

  /// The number of clusters; less than requested if there are fewer distinct points.
  public var count: Int { (clusters.max() ?? -1) + 1 }

  /// Partitions points.
  ///
  /// - Parameters:
  ///   - count: The number of clusters, at least 1.
  ///   - seed: The seed of the first centres.
  ///   - maximumIterationCount: The number of iterations after which the algorithm stops.
  /// - Throws: `AnalysisError.notFinite`.
  public init(
    of points: PointSet, count: Int = 8, seed: UInt64 = 1, maximumIterationCount: Int = 100
  ) throws(AnalysisError) {
    require(count >= 1, "the number of clusters must be at least 1, got \(count)")
    guard points.isFinite else { throw .notFinite(what: "the vectors") }
    var centres = Self.seeds(points, count, seed)
    var clusters = Self.nearest(points, centres)
    for _ in 0..<maximumIterationCount {
      Self.move(&centres, to: points, clusters)
      let moved = Self.nearest(points, centres)
      if moved == clusters { break }
      clusters = moved
    }
    self.clusters = Self.numberedBySize(clusters)
  }

  /// Chooses points as centres, each with a probability proportional to its squared distance from those before it.
  private static func seeds(_ points: PointSet, _ count: Int, _ seed: UInt64) -> [[Double]] {
    guard points.count > 0 else { return [] }
    var random = RandomSource(seed: seed)
    var centres = [Array(points[Int(random.uniform() * Double(points.count))])]
    var distances = (0..<points.count).map { squaredDistance(points[$0], centres[0]) }
    while centres.count < count, distances.contains(where: { $0 > 0 }) {
      centres.append(Array(points[random.index(weights: distances)]))
      for point in distances.indices {
        distances[point] = min(distances[point], squaredDistance(points[point], centres[centres.count - 1]))
      }
    }
    return centres
  }

  private static func nearest(_ points: PointSet, _ centres: [[Double]]) -> [Int] {
    (0..<points.count).map { point in
      let distances = centres.map { squaredDistance(points[point], $0) }
      return distances.indices.min { distances[$0] < distances[$1] } ?? 0
    }
  }

  /// Moves each centre that has points to their mean.
  private static func move(_ centres: inout [[Double]], to points: PointSet, _ clusters: [Int]) {
    var sums = centres.map { $0.map { _ in 0.0 } }
    var sizes = centres.map { _ in 0 }
    for (point, cluster) in clusters.enumerated() {
      sizes[cluster] += 1
      for (column, coordinate) in zip(0..., points[point]) { sums[cluster][column] += coordinate }
    }
    for cluster in centres.indices where sizes[cluster] > 0 {
      centres[cluster] = sums[cluster].map { $0 / Double(sizes[cluster]) }
    }
  }

  private static func squaredDistance(_ point: ArraySlice<Double>, _ centre: [Double]) -> Double {
    zip(point, centre).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  private static func numberedBySize(_ clusters: [Int]) -> [Int] {
    let sizes = Dictionary(grouping: clusters) { $0 }.mapValues(\.count)
    let order = sizes.keys.sorted { (sizes[$1] ?? 0, $0) < (sizes[$0] ?? 0, $1) }
    let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    return clusters.map { numbers[$0] ?? 0 }
  }
}
