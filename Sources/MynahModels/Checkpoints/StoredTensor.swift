import MynahIO
public import MynahTensors

/// A tensor of any element type as it is stored in a file: float32 ready to compute with, others as bytes.
///
/// Elements are stored little-endian, which is the byte order of every machine that the package runs on.
public struct StoredTensor: Sendable {
  /// The type of each element.
  public let elementType: ElementType
  /// The sizes of the axes.
  public let shape: Shape
  let contents: Contents

  enum Contents: Sendable {
    /// Shares its memory with the tensor, so that a model is never in memory twice.
    case float32(Tensor)
    case bytes([UInt8])
  }

  init(elementType: ElementType, shape: Shape, contents: Contents) {
    self.elementType = elementType
    self.shape = shape
    self.contents = contents
  }

  /// Stores a tensor as float32, without copying it.
  public init(_ tensor: Tensor) {
    self.init(elementType: .float32, shape: tensor.shape, contents: .float32(tensor))
  }

  /// Stores elements in row-major order.
  ///
  /// - Precondition: there are as many elements as the shape has.
  public init<Element: StoredElement>(_ elements: [Element], shape: Shape) {
    require(
      elements.count == shape.elementCount,
      "shape \(shape) needs \(shape.elementCount) elements, found \(elements.count)")
    let bytes = unsafe elements.withUnsafeBytes { unsafe Array($0) }
    if Element.elementType == .float32 {
      let tensor = unsafe Tensor(shape: shape) { target in
        unsafe UnsafeMutableRawBufferPointer(target).copyBytes(from: bytes)
      }
      self.init(tensor)
    } else {
      self.init(elementType: Element.elementType, shape: shape, contents: .bytes(bytes))
    }
  }

  /// Stores elements as a vector.
  public init<Element: StoredElement>(_ elements: [Element]) {
    self.init(elements, shape: [elements.count])
  }

  /// The number of bytes that the elements take in a file.
  public var byteCount: Int {
    switch contents {
    case .float32(let tensor): tensor.shape.elementCount * MemoryLayout<Float>.size
    case .bytes(let bytes): bytes.count
    }
  }

  /// The tensor, or nil unless its elements are float32.
  public var tensor: Tensor? {
    if case .float32(let tensor) = contents { tensor } else { nil }
  }

  /// The elements in row-major order, or nil if they are of another type.
  public func elements<Element: StoredElement>(as type: Element.Type) -> [Element]? {
    guard elementType == Element.elementType else { return nil }
    return withBytes { bytes in
      (0..<shape.elementCount).map {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: type)
      }
    }
  }

  /// Calls `body` with the elements as they are stored in a file.
  func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    switch contents {
    case .float32(let tensor): tensor.withSpan { unsafe body($0.bytes) }
    case .bytes(let bytes): unsafe body(bytes.span.bytes)
    }
  }
}
