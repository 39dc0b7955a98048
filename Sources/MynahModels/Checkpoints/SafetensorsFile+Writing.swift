public import MynahIO

extension SafetensorsFile {
  /// Writes the contents to a file atomically, replacing an existing one.
  ///
  /// Equal contents give equal bytes. The tensors go straight from their memory to the file.
  ///
  /// - Throws: `FileError.cannotWrite` or `.writeFailed`; an existing file is then unchanged.
  public func write(to path: String) throws(FileError) {
    let header = SafetensorsHeader(metadata: metadata, laying: tensors)
    let encoded = header.encoded()
    let limit = SafetensorsHeader.maximumByteCount
    guard encoded.count - SafetensorsHeader.lengthByteCount <= limit else {
      throw .cannotWrite(path: path, reason: "its header takes \(encoded.count) bytes and at most \(limit) are allowed")
    }
    var file = try AtomicFile(replacing: path)
    try unsafe file.write(encoded.span.bytes)
    for entry in header.entries {
      guard let tensor = tensors[entry.name] else { continue }
      try tensor.write(to: &file)
    }
    try file.commit()
  }
}

extension StoredTensor {
  fileprivate func write(to file: inout AtomicFile) throws(FileError) {
    var failure: FileError?
    withBytes { bytes in
      do throws(FileError) {
        try file.write(bytes)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
