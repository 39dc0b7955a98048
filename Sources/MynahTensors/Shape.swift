import MynahIO

/// The sizes of a tensor's axes, outermost first; `[]` is the shape of a scalar.
public struct Shape: Hashable, Sendable {
  /// The size of each axis, none negative.
  public let sizes: [Int]

  /// Creates a shape.
  ///
  /// - Precondition: No size is negative, and their product fits in an `Int`.
  public init(_ sizes: [Int]) {
    var count = 1
    for size in sizes {
      require(size >= 0, "a shape's sizes must not be negative, got \(sizes)")
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      require(!overflow, "a shape's element count must fit an Int, got \(sizes)")
      count = product
    }
    self.sizes = sizes
    elementCount = count
  }

  /// The number of axes.
  public var rank: Int { sizes.count }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  public let elementCount: Int

  /// The size of an axis; a negative axis counts from the last one.
  public subscript(axis: Int) -> Int { sizes[resolved(axis: axis)] }

  /// Returns the axis counted from the first one; a negative axis counts from the last one.
  ///
  /// - Precondition: the axis is in −rank ..< rank.
  public func resolved(axis: Int) -> Int {
    require(axis >= -rank && axis < rank, "axis \(axis) is outside of shape \(self)")
    return axis < 0 ? axis + rank : axis
  }
}

extension Shape: ExpressibleByArrayLiteral {
  public init(arrayLiteral sizes: Int...) { self.init(sizes) }
}

extension Shape: CustomStringConvertible {
  public var description: String { "[\(sizes.map(String.init).joined(separator: ", "))]" }
}
