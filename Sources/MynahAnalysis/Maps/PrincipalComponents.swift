import MynahIO
import MynahTensors

/// The principal components of points: the directions of largest variance.
///
/// These are the eigenvectors with the largest eigenvalues of the covariance C = Xᵀ X / (N − 1) of the centred points X
/// (K. Pearson, "On lines and planes of closest fit to systems of points in space", 1901), computed by subspace
/// iteration with Rayleigh–Ritz steps. The coordinate of largest magnitude of each axis is positive, so that equal
/// points always give equal axes rather than mirrored ones.
public struct PrincipalComponents: Sendable {
  /// The mean of the points.
  public let mean: [Double]
  /// Orthonormal directions, in order of decreasing variance.
  public let axes: [[Double]]
  /// The sample variance of the points along each axis (divided by N − 1).
  public let variances: [Double]
  /// The total variance over all directions.
  public let totalVariance: Double

  /// The share of the variance explained by the axes, 0 … 1; 1 if the total variance is 0.
  public var explainedShare: Double { totalVariance > 0 ? min(1, variances.reduce(0, +) / totalVariance) : 1 }

  /// Computes the principal components of points.
  ///
  /// Takes N·E² multiplications, then E² for each of about ten vectors per iteration.
  ///
  /// - Parameter count: The number of components, limited to the number of coordinates of the points.
  /// - Throws: `AnalysisError.notFinite`.
  public init(of points: PointSet, count: Int = 2) throws(AnalysisError) {
    guard points.isFinite else { throw .notFinite(what: "the vectors") }
    require(count >= 0, "the number of axes must not be negative, got \(count)")
    let mean = Self.mean(of: points)
    let covariance = Self.covariance(of: points, mean: mean)
    self.mean = mean
    totalVariance = covariance.indices.reduce(0) { $0 + covariance[$1][$1] }
    let found = Subspace.largest(min(count, points.width), of: covariance)
    axes = found.map { Self.withFixedSign($0.vector) }
    variances = found.map { max(0, $0.value) }
  }

  /// Returns the coordinates of points along the axes, relative to the mean.
  ///
  /// - Precondition: the points have as many coordinates as those from which the axes were computed.
  public func project(_ points: PointSet) -> PointSet {
    require(
      points.width == mean.count,
      "axes of \(mean.count) coordinates do not fit points of \(points.width) coordinates")
    var result: [Double] = []
    for point in 0..<points.count {
      let centred = zip(points[point], mean).map { $0 - $1 }
      result += axes.map { $0.dot(centred) }
    }
    return PointSet(count: points.count, width: axes.count, result)
  }

  private static func mean(of points: PointSet) -> [Double] {
    var sum = [Double](repeating: 0, count: points.width)
    for point in 0..<points.count {
      for (column, coordinate) in zip(0..., points[point]) { sum[column] += coordinate }
    }
    return sum.map { $0 / Double(max(points.count, 1)) }
  }

  private static func covariance(of points: PointSet, mean: [Double]) -> [[Double]] {
    let width = points.width
    var centred = points.coordinates
    for index in centred.indices { centred[index] -= mean[index % width] }
    let scale = 1 / Double(max(points.count - 1, 1))
    var result: [[Double]] = []
    for row in 0..<width {
      var line = [Double](repeating: 0, count: width)
      for start in stride(from: 0, to: centred.count, by: width) {
        let factor = scale * centred[start + row]
        for column in row..<width { line[column] += factor * centred[start + column] }
      }
      for column in 0..<row { line[column] = result[column][row] }
      result.append(line)
    }
    return result
  }

  private static func withFixedSign(_ vector: [Double]) -> [Double] {
    let largest = vector.max { abs($0) < abs($1) } ?? 0
    return largest < 0 ? vector.map { -$0 } : vector
  }
}
