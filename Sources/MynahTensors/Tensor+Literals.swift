import MynahIO

extension Tensor: ExpressibleByArrayLiteral {
  /// Creates a tensor from nested lists of numbers.
  ///
  /// ```swift
  /// let vector: Tensor = [1, 2, 3]
  /// let matrix: Tensor = [[1, 2], [3, 4]]
  /// ```
  ///
  /// - Precondition: The lists at the same depth have the same length.
  public init(arrayLiteral elements: TensorLiteral...) { self = TensorLiteral(entries: elements).tensor }
}

/// A number or a list in a tensor's literal.
///
/// The separate type ensures that a number in an expression such as `2 * x` is still a `Float`.
public struct TensorLiteral: Sendable {
  let tensor: Tensor

  init(entries: [TensorLiteral]) {
    let shape = entries.first?.tensor.shape ?? []
    for entry in entries {
      require(
        entry.tensor.shape == shape,
        "the entries of a tensor literal must have the same shape, found \(shape) and \(entry.tensor.shape)")
    }
    tensor = Tensor(shape: Shape([entries.count] + shape.sizes), entries.flatMap(\.tensor.elements))
  }
}

extension TensorLiteral: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  public init(floatLiteral value: Float) { tensor = Tensor(value) }
  public init(integerLiteral value: Int32) { tensor = Tensor(Float(value)) }
  public init(arrayLiteral elements: TensorLiteral...) { self.init(entries: elements) }
}
