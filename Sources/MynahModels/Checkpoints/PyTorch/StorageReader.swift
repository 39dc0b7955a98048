/// A file that contains the bytes of storages.
protocol StorageReader {
  /// Returns the bytes of a storage; their number is its `byteCount`.
  ///
  /// - Throws: `FileError`, `PyTorchFileError`.
  func bytes(of storage: PyTorchStorage) throws -> [UInt8]
}

extension PyTorchStorage {
  /// The size of the whole storage; the unpickler has checked that it fits in an `Int`.
  var byteCount: Int { elementType.byteCount(ofElements: elementCount) ?? .max }
}
