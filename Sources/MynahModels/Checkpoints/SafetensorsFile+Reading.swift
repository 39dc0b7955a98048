import MynahIO
import MynahTensors

extension SafetensorsFile {
  /// Reads a file, as strictly as the format's own reader.
  ///
  /// Every size is checked against the file's length before memory is allocated for it, and each float32 tensor is read
  /// straight into place.
  ///
  /// - Throws: `FileError` if the file cannot be read, `CheckpointError` if it breaks a rule of the format.
  public init(contentsOf path: String) throws {
    let file = try InputFile(path: path)
    let (header, dataOffset) = try Self.header(of: file)
    var tensors: [String: StoredTensor] = [:]
    for entry in header.entries {
      tensors[entry.name] = try Self.tensor(entry, of: file, dataOffset: dataOffset)
    }
    self.init(path: path, metadata: header.metadata, tensors: tensors)
  }

  /// Reads and checks the header; returns it and the offset of the data.
  private static func header(of file: InputFile) throws -> (SafetensorsHeader, Int) {
    let lengthByteCount = SafetensorsHeader.lengthByteCount
    guard file.byteCount > 0 else { throw CheckpointError.notSafetensors(path: file.path, found: "it is empty") }
    guard file.byteCount >= lengthByteCount else {
      throw CheckpointError.truncated(
        path: file.path, expectedByteCount: lengthByteCount, foundByteCount: file.byteCount)
    }
    let start = try file.bytes(0..<lengthByteCount)
    // The header begins with a brace; in other formats, the first eight bytes may also look like a length.
    let opening = try file.bytes(lengthByteCount..<min(lengthByteCount + 1, file.byteCount))
    if opening != [UInt8(ascii: "{")], let format = ForeignFormat(start) {
      throw CheckpointError.notSafetensors(path: file.path, found: format.inWords)
    }
    let length = UInt64(littleEndianBytes: start)
    guard length <= SafetensorsHeader.maximumByteCount else {
      let limit = SafetensorsHeader.maximumByteCount
      throw CheckpointError.notSafetensors(
        path: file.path,
        found: ForeignFormat.isText(start)
          ? "it is text" : "its first 8 bytes give a header of \(length) bytes, and at most \(limit) are allowed")
    }
    let dataOffset = lengthByteCount + Int(length)
    guard dataOffset <= file.byteCount else {
      throw CheckpointError.truncated(path: file.path, expectedByteCount: dataOffset, foundByteCount: file.byteCount)
    }
    let header = try SafetensorsHeader(path: file.path, bytes: file.bytes(lengthByteCount..<dataOffset))
    let (expected, overflow) = dataOffset.addingReportingOverflow(header.dataByteCount)
    guard !overflow, expected <= file.byteCount else {
      throw CheckpointError.truncated(
        path: file.path, expectedByteCount: overflow ? .max : expected, foundByteCount: file.byteCount)
    }
    guard expected == file.byteCount else {
      throw CheckpointError.trailingBytes(path: file.path, expectedByteCount: expected, foundByteCount: file.byteCount)
    }
    return (header, dataOffset)
  }

  private static func tensor(
    _ entry: SafetensorsHeader.Entry, of file: InputFile, dataOffset: Int
  ) throws -> StoredTensor {
    let begin = dataOffset + entry.offsets.lowerBound
    guard entry.elementType == .float32 else {
      let bytes = try file.bytes(begin..<begin + entry.offsets.count)
      return StoredTensor(elementType: entry.elementType, shape: entry.shape, contents: .bytes(bytes))
    }
    return StoredTensor(
      try unsafe Tensor(shape: entry.shape) { target in
        try unsafe file.read(into: UnsafeMutableRawBufferPointer(target), at: begin)
      })
  }
}
