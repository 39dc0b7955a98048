import MynahAnalysis
import MynahTensors
import Testing

struct KMeansTests {
  /// Points in groups around (0, 0), (10, 0), (20, 0) and so on.
  private func groups(_ sizes: [Int]) -> PointSet {
    var random = RandomSource(seed: 3)
    let points = sizes.enumerated().flatMap { group, size in
      (0..<size).flatMap { _ in [10 * Double(group) + random.uniform(), random.uniform()] }
    }
    return PointSet(count: sizes.reduce(0, +), width: 2, points)
  }

  @Test(
    "Well-separated groups become the clusters, numbered by descending size",
    arguments: 1...20 as ClosedRange<UInt64>)
  func separate(seed: UInt64) throws {
    let found = try KMeans(of: groups([5, 12, 9]), count: 3, seed: seed)
    #expect(
      found.clusters == Array(repeating: 2, count: 5) + Array(repeating: 0, count: 12) + Array(repeating: 1, count: 9))
    #expect(found.count == 3)
  }

  @Test("The same seed gives the same clusters, and no point is closer to the mean of another cluster")
  func converged() throws {
    var random = RandomSource(seed: 5)
    let points = PointSet(count: 200, width: 3, (0..<600).map { _ in random.uniform() })
    let found = try KMeans(of: points)
    #expect(try KMeans(of: points).clusters == found.clusters && Set(found.clusters) == Set(0..<8))
    let means = (0..<found.count).map { cluster in
      let own = found.clusters.indices.filter { found.clusters[$0] == cluster }
      return (0..<3).map { column in own.reduce(0) { $0 + points[$1].map { $0 }[column] } / Double(own.count) }
    }
    for (point, cluster) in found.clusters.enumerated() {
      let distances = means.map { zip(points[point], $0).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
      #expect(distances[cluster] <= (distances.min() ?? 0) + 1e-12)
    }
  }

  @Test("There are at most as many clusters as distinct points")
  func few() throws {
    #expect(try KMeans(of: PointSet(count: 0, width: 2, [])).clusters.isEmpty)
    #expect(try KMeans(of: PointSet(count: 1, width: 2, [1, 2])).clusters == [0])
    #expect(try KMeans(of: PointSet(count: 3, width: 1, [4, 4, 4])).clusters == [0, 0, 0])
    let two = try KMeans(of: PointSet(count: 5, width: 1, [4, 1, 4, 1, 4]))
    #expect(two.clusters == [0, 1, 0, 1, 0] && two.count == 2)
    #expect(throws: AnalysisError.notFinite(what: "the vectors")) {
      try KMeans(of: PointSet(count: 1, width: 1, [.nan]))
    }
  }
}
