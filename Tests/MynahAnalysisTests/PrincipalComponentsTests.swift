import Foundation
import MynahAnalysis
import MynahTensors
import Testing

struct PrincipalComponentsTests {
  /// The ten points of a tutorial.
  ///
  /// L. I. Smith, "A tutorial on principal components analysis", 2002.
  private let points = PointSet(
    count: 10, width: 2,
    [2.5, 2.4, 0.5, 0.7, 2.2, 2.9, 1.9, 2.2, 3.1, 3.0, 2.3, 2.7, 2, 1.6, 1, 1.1, 1.5, 1.6, 1.1, 0.9])

  @Test("The axes and variances of a tutorial's points match the tutorial")
  func tutorial() throws {
    let found = try PrincipalComponents(of: points)
    #expect(zip(found.mean, [1.81, 1.91]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(zip(found.variances, [1.28402771, 0.0490833989]).allSatisfy { abs($0 - $1) < 1e-8 })
    #expect(zip(found.axes[0], [0.677873399, 0.735178656]).allSatisfy { abs($0 - $1) < 1e-8 })
    #expect(abs(found.explainedShare - 1) < 1e-12 && abs(found.totalVariance - 1.3331111) < 1e-6)
    let first = found.project(points)[0]
    #expect(zip(first, [0.82797, 0.17512]).allSatisfy { abs(abs($0) - $1) < 1e-4 })
  }

  @Test("In many dimensions, the axes are the covariance's eigenvectors with the largest eigenvalues")
  func manyDimensions() throws {
    let (count, width) = (60, 40)
    var random = RandomSource(seed: 5)
    // The variances fall slowly, so neighbouring eigenvalues are close.
    let coordinates = (0..<count * width).map { (random.uniform() - 0.5) / Double($0 % width + 5) }
    let points = PointSet(count: count, width: width, coordinates)
    let found = try PrincipalComponents(of: points, count: 3)
    #expect(found.axes.count == 3 && found.variances == found.variances.sorted(by: >))
    let projected = found.project(points)
    for (axis, direction) in found.axes.enumerated() {
      #expect(abs(direction.reduce(0) { $0 + $1 * $1 } - 1) < 1e-12)
      // C v by definition: the mean of each centred point times its projection.
      var image = [Double](repeating: 0, count: width)
      for point in 0..<count {
        for column in 0..<width {
          let centred = points[point][point * width + column] - found.mean[column]
          image[column] += centred * projected.coordinates[point * 3 + axis] / Double(count - 1)
        }
      }
      #expect(zip(image, direction).allSatisfy { abs($0 - found.variances[axis] * $1) < 1e-10 * found.variances[0] })
      #expect(direction.max { abs($0) < abs($1) } ?? 0 > 0)
    }
    // No direction orthogonal to the first axis has more variance than the second axis.
    for trial in 0..<50 {
      var source = RandomSource(seed: UInt64(trial))
      var direction = (0..<width).map { _ in source.uniform() - 0.5 }
      let share = zip(direction, found.axes[0]).reduce(0) { $0 + $1.0 * $1.1 }
      direction = zip(direction, found.axes[0]).map { $0 - share * $1 }
      let length = direction.reduce(0) { $0 + $1 * $1 }
      let variance = (0..<count).reduce(0.0) { sum, point in
        let place = zip(zip(points[point], found.mean), direction).reduce(0) { $0 + ($1.0.0 - $1.0.1) * $1.1 }
        return sum + place * place
      }
      #expect(variance / Double(count - 1) / length <= found.variances[1] + 1e-12)
    }
  }

  @Test("A single point, equal points, collinear points and no points have axes too")
  func degenerate() throws {
    for points in [
      PointSet(count: 1, width: 3, [1, 2, 3]), PointSet(count: 4, width: 3, Array(repeating: 2, count: 12)),
      PointSet(count: 0, width: 3, []),
    ] {
      let found = try PrincipalComponents(of: points)
      #expect(found.axes.count == 2 && found.variances == [0, 0] && found.explainedShare == 1)
      #expect(found.project(points).coordinates.allSatisfy { $0 == 0 })
    }
    let line = try PrincipalComponents(of: PointSet(count: 3, width: 3, [0, 0, 0, 3, 4, 0, 6, 8, 0]))
    #expect(
      zip(line.axes[0], [0.6, 0.8, 0]).allSatisfy { abs($0 - $1) < 1e-12 } && abs(line.variances[0] - 25) < 1e-10)
    #expect(line.variances[1] < 1e-12)
    #expect(try PrincipalComponents(of: PointSet(count: 3, width: 1, [1, 2, 6])).axes == [[1]])
    #expect(throws: AnalysisError.notFinite(what: "the vectors")) {
      try PrincipalComponents(of: PointSet(count: 2, width: 1, [1, .nan]))
    }
  }
}
