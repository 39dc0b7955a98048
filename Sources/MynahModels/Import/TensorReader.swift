import MynahIO
import MynahTensors

/// A reader of another program's tensors, which records what it has read so that no tensor is left out silently.
struct TensorReader {
  private let file: SafetensorsFile
  /// The names of the tensors that were read or are known to be irrelevant.
  private var accounted: Set<String> = []
  private(set) var notes: [String] = []

  init(_ file: SafetensorsFile) { self.file = file }

  var path: String { file.path }
  var metadata: [String: String] { file.metadata }
  var names: [String] { file.names }

  /// Returns a Boolean value indicating whether the file has a tensor.
  func contains(_ name: String) -> Bool { file[name] != nil }

  /// Returns the shape of a tensor; nil if the file lacks it.
  func shape(of name: String) -> Shape? { file[name]?.shape }

  /// Adds a note.
  mutating func note(_ text: String) { notes.append(text) }

  /// Marks a tensor as irrelevant.
  mutating func skip(_ name: String, because reason: String) {
    accounted.insert(name)
    notes.append("skipped \(name.quoted(80)): \(reason)")
  }

  /// Reads a tensor as float32.
  ///
  /// - Throws: `CheckpointError` if it is missing, or if its type or shape differs.
  mutating func tensor(named name: String, shape: Shape? = nil) throws(CheckpointError) -> Tensor {
    accounted.insert(name)
    guard let stored = file[name] else { throw .missingTensor(path: path, name: name) }
    if let shape, shape != stored.shape {
      throw .unexpectedShape(path: path, name: name, expected: shape, found: stored.shape)
    }
    guard let tensor = stored.asFloat32 else {
      throw .unexpectedElementType(path: path, name: name, expected: .float32, found: stored.elementType)
    }
    return tensor
  }

  /// Reads a matrix of any shape.
  mutating func matrix(named name: String) throws(CheckpointError) -> Tensor {
    let tensor = try tensor(named: name)
    guard tensor.shape.rank == 2 && tensor.shape.elementCount > 0 else {
      throw .unsupportedLayer(path: path, name: name, reason: "a matrix was expected, found shape \(tensor.shape)")
    }
    return tensor
  }

  /// Reads a tensor, or returns zeros if the other program's layer has none.
  mutating func optionalTensor(named name: String, shape: Shape) throws(CheckpointError) -> Tensor {
    contains(name) ? try tensor(named: name, shape: shape) : .zeros(shape)
  }

  /// Ends the import: copies of matrices that were read are skipped, any other unread tensor is an error.
  ///
  /// - Throws: `CheckpointError.unreadTensors`.
  mutating func finish() throws(CheckpointError) {
    var unread: [String] = []
    for name in names where !accounted.contains(name) {
      if let original = original(of: name) {
        skip(name, because: "it equals \(original.quoted(80))")
      } else {
        unread.append(name)
      }
    }
    guard unread.isEmpty else { throw .unreadTensors(path: path, names: unread) }
  }

  /// Returns the name of an equal matrix that was read; nil for vectors, which may be equal by chance, such as zeros.
  private func original(of name: String) -> String? {
    guard let copy = file[name], copy.shape.rank == 2, let tensor = copy.asFloat32 else { return nil }
    return names.first { other in
      guard accounted.contains(other), let stored = file[other], stored.shape == copy.shape else { return false }
      return stored.asFloat32 == tensor
    }
  }
}
