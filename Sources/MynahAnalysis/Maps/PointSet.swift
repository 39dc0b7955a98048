import MynahIO

/// Points in a space of any dimension, in double precision.
public struct PointSet: Hashable, Sendable {
  /// N, the number of points.
  public let count: Int
  /// The number of coordinates of a point.
  public let width: Int
  /// The coordinates of all points, one point after another.
  public package(set) var coordinates: [Double]

  /// Creates points from their coordinates, one point after another.
  ///
  /// - Precondition: `coordinates` has `count` · `width` elements.
  public init(count: Int, width: Int, _ coordinates: [Double]) {
    require(
      coordinates.count == count * width,
      "\(count) points of \(width) coordinates do not fit \(coordinates.count) values")
    (self.count, self.width, self.coordinates) = (count, width, coordinates)
  }

  /// The coordinates of a point.
  public subscript(point: Int) -> ArraySlice<Double> { coordinates[point * width..<(point + 1) * width] }

  /// A Boolean value indicating whether all coordinates are finite.
  var isFinite: Bool { coordinates.allSatisfy(\.isFinite) }

  /// Returns the squared distance of two points, Σ (a − b)² over the coordinates.
  func squaredDistance(_ one: Int, _ other: Int) -> Double {
    var sum = 0.0
    let (a, b) = (one * width, other * width)
    for index in 0..<width {
      let difference = coordinates[a + index] - coordinates[b + index]
      sum += difference * difference
    }
    return sum
  }
}
