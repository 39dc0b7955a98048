import MynahIO
public import MynahTensors

/// Named tensors and metadata in one file of the safetensors format, which other programs also read.
///
/// ```swift
/// var file = SafetensorsFile(metadata: ["format": "pt"])
/// file["output.bias"] = StoredTensor(Tensor([0, 1, 2]))
/// try file.write(to: "model.safetensors")
/// let bias = try SafetensorsFile(contentsOf: "model.safetensors").tensor(named: "output.bias", shape: [3])
/// ```
public struct SafetensorsFile: Sendable {
  /// The file that the contents were read from; empty for contents made in memory.
  public let path: String

  /// The metadata: texts about the contents, by key.
  public var metadata: [String: String]

  private(set) var tensors: [String: StoredTensor]

  /// Creates contents without tensors.
  public init(metadata: [String: String] = [:]) {
    self.init(path: "", metadata: metadata, tensors: [:])
  }

  init(path: String, metadata: [String: String], tensors: [String: StoredTensor]) {
    self.path = path
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The names of the tensors in the order of the file.
  public var names: [String] {
    SafetensorsHeader(metadata: [:], laying: tensors).entries.map(\.name)
  }

  /// The tensor with the given name; setting nil removes it.
  ///
  /// - Precondition: the name of a new tensor is not `__metadata__`, which the format reserves.
  public subscript(name: String) -> StoredTensor? {
    get { tensors[name] }
    set {
      require(name != SafetensorsHeader.metadataKey, "a tensor cannot be named '\(name)'")
      tensors[name] = newValue
    }
  }

  /// Returns the float32 tensor with the given name.
  ///
  /// - Parameter shape: The shape that it must have; nil for any.
  /// - Throws: `CheckpointError` if there is none, or if its type or shape differs.
  public func tensor(named name: String, shape: Shape? = nil) throws(CheckpointError) -> Tensor {
    let stored = try stored(name, shape: shape)
    guard let tensor = stored.tensor else {
      throw .unexpectedElementType(path: path, name: name, expected: .float32, found: stored.elementType)
    }
    return tensor
  }

  /// Returns the elements of the tensor with the given name in row-major order.
  ///
  /// - Parameter shape: The shape that it must have; nil for any.
  /// - Throws: `CheckpointError` if there is none, or if its type or shape differs.
  public func elements<Element: StoredElement>(
    named name: String, as type: Element.Type, shape: Shape? = nil
  ) throws(CheckpointError) -> [Element] {
    let stored = try stored(name, shape: shape)
    guard let elements = stored.elements(as: type) else {
      throw .unexpectedElementType(path: path, name: name, expected: Element.elementType, found: stored.elementType)
    }
    return elements
  }

  /// Returns the text of the metadata under a key.
  ///
  /// - Throws: `CheckpointError.missingMetadata` if there is none.
  public func text(of key: String) throws(CheckpointError) -> String {
    guard let text = metadata[key] else { throw .missingMetadata(path: path, key: key) }
    return text
  }

  private func stored(_ name: String, shape: Shape?) throws(CheckpointError) -> StoredTensor {
    guard let stored = tensors[name] else { throw .missingTensor(path: path, name: name) }
    if let shape, shape != stored.shape {
      throw .unexpectedShape(path: path, name: name, expected: shape, found: stored.shape)
    }
    return stored
  }
}
