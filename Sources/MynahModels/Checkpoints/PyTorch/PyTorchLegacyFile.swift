import MynahIO

/// A file of `torch.save` before PyTorch 1.6: pickles of a magic number, a version, facts about the machine, the object
/// and the keys of its storages, and then the bytes of the storages.
///
/// Source: `_legacy_save` in PyTorch's `torch/serialization.py`.
struct PyTorchLegacyFile {
  private let source: ByteSource
  private var places: [String: Range<Int>] = [:]

  /// The version of the format, which never changed.
  private static let version = 1001

  /// Reads the pickles.
  ///
  /// - Parameters:
  ///   - start: The offset of the pickle after the magic number.
  ///   - unpickler: The reader of the source.
  /// - Returns: The file and the object that was saved.
  /// - Throws: `FileError`, `PyTorchFileError`.
  static func read(
    _ source: ByteSource, _ unpickler: inout Unpickler
  ) throws -> (file: PyTorchLegacyFile, object: PickleValue) {
    let version = try unpickler.load()
    guard case .integer(Self.version) = version else {
      throw unpickler.malformed("version \(Self.version) of the format", unpickler.heap.inWords(version))
    }
    let machine = try unpickler.load()
    guard let facts = unpickler.heap.entries(machine) else {
      throw unpickler.malformed("a dictionary about the machine", unpickler.heap.inWords(machine))
    }
    if case .bool(false)? = unpickler.heap.value(of: "little_endian", in: facts) {
      throw PyTorchFileError.bigEndian(path: source.path)
    }
    let object = try unpickler.load()
    let keys = try unpickler.load()
    guard let keys = unpickler.heap.sequence(keys) else {
      throw unpickler.malformed("a list of the storages' keys", unpickler.heap.inWords(keys))
    }
    var file = PyTorchLegacyFile(source: source)
    try file.locate(keys, &unpickler)
    return (file, object)
  }

  private init(source: ByteSource) { self.source = source }

  /// Locates the bytes of the storages, each of which is preceded by its number of elements.
  private mutating func locate(_ keys: [PickleValue], _ unpickler: inout Unpickler) throws {
    var position = unpickler.input.position
    for key in keys {
      guard case .string(let key) = key, let storage = unpickler.storages[key] else {
        throw unpickler.malformed("the key of a storage that the object has", unpickler.heap.inWords(key))
      }
      func malformed(_ expected: String, _ found: String) -> PyTorchFileError {
        .malformedStorage(path: source.path, key: key, expected: expected, found: found)
      }
      guard let header = source.range(at: position, byteCount: 8) else {
        throw malformed("8 bytes with its size", "\(source.byteCount - position) before the end of the file")
      }
      let count = Int64(littleEndianBytes: try source.bytes(header))
      guard count == storage.elementCount else {
        throw malformed("\(storage.elementCount) elements, as in the pickle", "\(count)")
      }
      guard let place = source.range(at: header.upperBound, byteCount: storage.byteCount) else {
        throw malformed(
          "\(storage.byteCount) bytes", "\(source.byteCount - header.upperBound) before the end of the file")
      }
      guard places.updateValue(place, forKey: key) == nil else { throw malformed("each storage once", "another one") }
      position = place.upperBound
    }
    guard position == source.byteCount else {
      throw CheckpointError.trailingBytes(
        path: source.path, expectedByteCount: position, foundByteCount: source.byteCount)
    }
  }
}

extension PyTorchLegacyFile: StorageReader {
  func bytes(of storage: PyTorchStorage) throws -> [UInt8] {
    guard let place = places[storage.key] else {
      throw PyTorchFileError.malformedStorage(
        path: source.path, key: storage.key, expected: "its key in the list of the storages", found: "none")
    }
    return try source.bytes(place)
  }
}
