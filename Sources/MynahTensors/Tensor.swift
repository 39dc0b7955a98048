import MynahIO

/// A dense array of float32 values in row-major order, with value semantics.
///
/// Copying a tensor only increments a reference count; the elements are copied when a shared tensor is modified.
public struct Tensor: Sendable {
  /// The sizes of the axes.
  public private(set) var shape: Shape
  private var storage: TensorStorage

  package init(shape: Shape, storage: TensorStorage) {
    require(storage.count == shape.elementCount, "shape \(shape) does not fit \(storage.count) elements")
    self.shape = shape
    self.storage = storage
  }

  /// Creates a tensor by filling memory once.
  ///
  /// - Parameter fill: Writes all elements of the buffer that it receives.
  package init(
    shape: Shape, initializingWith fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    let storage = TensorStorage(uninitialized: shape.elementCount)
    try unsafe fill(UnsafeMutableBufferPointer(start: storage.base, count: storage.count))
    self.init(shape: shape, storage: storage)
  }

  /// Creates a tensor from its elements in row-major order.
  ///
  /// - Precondition: The number of elements is that of the shape.
  public init(shape: Shape, _ elements: [Float]) {
    require(
      elements.count == shape.elementCount,
      "shape \(shape) needs \(shape.elementCount) elements, found \(elements.count)")
    unsafe self.init(shape: shape) { target in _ = unsafe target.initialize(from: elements) }
  }

  /// Creates a tensor whose elements all have the same value.
  public init(shape: Shape, repeating value: Float) {
    unsafe self.init(shape: shape) { target in unsafe target.initialize(repeating: value) }
  }

  /// Creates a scalar: shape `[]`.
  public init(_ value: Float) { self.init(shape: [], repeating: value) }

  /// Creates a vector: shape `[count]`.
  public init(_ elements: [Float]) { self.init(shape: [elements.count], elements) }

  /// Returns a tensor of zeros.
  public static func zeros(_ shape: Shape) -> Tensor { Tensor(shape: shape, repeating: 0) }

  /// The elements in row-major order.
  public var elements: [Float] { withSpan { span in span.indices.map { span[$0] } } }

  /// The element of a tensor that has only one.
  ///
  /// - Precondition: the element count is 1, whatever the rank.
  public var scalar: Float {
    require(shape.elementCount == 1, "a scalar was expected, found a tensor of shape \(shape)")
    return withSpan { $0[0] }
  }

  /// Returns the same elements in another shape with the same number of elements.
  public func reshaped(_ shape: Shape) -> Tensor {
    require(
      shape.elementCount == self.shape.elementCount,
      "cannot reshape \(self.shape) to \(shape): the element counts differ")
    var result = self
    result.shape = shape
    return result
  }
}

// MARK: Access to the elements

extension Tensor {
  /// Calls `body` with the elements in row-major order.
  public func withSpan<Result>(_ body: (Span<Float>) throws -> Result) rethrows -> Result {
    try unsafe withUnsafeElements { try unsafe body($0.span) }
  }

  /// Calls `body` with the mutable elements in row-major order.
  public mutating func withMutableSpan<Result>(_ body: (inout MutableSpan<Float>) throws -> Result) rethrows -> Result {
    try unsafe withUnsafeMutableElements { buffer in
      var span = unsafe buffer.mutableSpan
      return try body(&span)
    }
  }

  /// Calls `body` with a pointer to the elements, for a kernel to read.
  package func withUnsafeElements<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    defer { extendLifetime(storage) }
    return try unsafe body(UnsafeBufferPointer(start: storage.base, count: storage.count))
  }

  /// A pointer to the elements; valid as long as the tensor exists and is not modified.
  package var constantBase: UnsafePointer<Float> { unsafe UnsafePointer(storage.base) }

  /// Calls `body` with a pointer to the elements, for a kernel to write to; copies them first if they are shared.
  package mutating func withUnsafeMutableElements<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    makeUnique()
    defer { extendLifetime(storage) }
    return try unsafe body(UnsafeMutableBufferPointer(start: storage.base, count: storage.count))
  }
}

extension Tensor {
  /// A Boolean value indicating whether the elements are not shared, so that they are written to in place.
  var isUnique: Bool {
    mutating get { isKnownUniquelyReferenced(&storage) && storage.isWritable }
  }

  /// Copies the elements if they are shared.
  package mutating func makeUnique() {
    guard !isUnique else { return }
    let copy = TensorStorage(uninitialized: storage.count)
    unsafe copy.base.update(from: storage.base, count: storage.count)
    storage = copy
  }

  /// A pointer to the elements, for writing; valid as long as the tensor exists and is not copied.
  package var mutableBase: UnsafeMutablePointer<Float> {
    mutating get {
      makeUnique()
      return unsafe storage.base
    }
  }
}

// MARK: Parts

extension Tensor {
  /// Returns a tensor of some elements, in row-major order, without a copy of them.
  ///
  /// Modifying the part copies it.
  ///
  /// - Precondition: The elements exist, and nothing writes to them as long as the part is in use.
  package func part(_ elements: Range<Int>, shape: Shape) -> Tensor {
    Tensor(shape: shape, storage: checkedPart(elements, isWritable: false))
  }

  /// Returns a tensor of some elements, in row-major order: modifying it also modifies this tensor.
  ///
  /// - Precondition: The elements exist, this tensor was made unique before the first of its parts, and nothing else
  ///   uses the elements as long as the part is modified.
  package func mutablePart(_ elements: Range<Int>, shape: Shape) -> Tensor {
    Tensor(shape: shape, storage: checkedPart(elements, isWritable: true))
  }

  private func checkedPart(_ elements: Range<Int>, isWritable: Bool) -> TensorStorage {
    require(
      elements.lowerBound >= 0 && elements.upperBound <= storage.count,
      "elements \(elements) are outside of a tensor of shape \(shape)")
    return TensorStorage(elements, of: storage, isWritable: isWritable)
  }

  /// Returns a Boolean value indicating whether a tensor is a part of this one that begins with the element `first`.
  package func sharesMemory(with part: Tensor, from first: Int) -> Bool {
    unsafe part.storage.base == storage.base + first
  }
}

extension Tensor: Equatable {
  /// Returns a Boolean value indicating whether shapes and elements are equal; as for `Float`, NaN is not equal to
  /// itself.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.shape == right.shape else { return false }
    return left.withSpan { a in right.withSpan { b in a.indices.allSatisfy { a[$0] == b[$0] } } }
  }
}

/// Calls `body` with pointers to the elements of several tensors, for a kernel to read.
package func withUnsafeBases<Result>(
  of tensors: [Tensor], _ body: ([UnsafePointer<Float>]) throws -> Result
) rethrows -> Result {
  defer { extendLifetime(tensors) }
  return try unsafe body(tensors.map { unsafe $0.constantBase })
}

/// Calls `body` with pointers to the elements of several tensors, for a kernel to write to; copies shared elements
/// first.
package func withUnsafeMutableBases<Result>(
  of tensors: inout [Tensor], _ body: ([UnsafeMutablePointer<Float>]) throws -> Result
) rethrows -> Result {
  defer { extendLifetime(tensors) }
  let bases = unsafe tensors.indices.map { unsafe tensors[$0].mutableBase }
  return try unsafe body(bases)
}
