import MynahIO
import MynahTensors

extension SafetensorsFile {
  /// Reads a file, as strictly as the format's own reader.
  ///
  /// Every size is checked against the file's length before memory is taken for it, and each float32 tensor is read
  /// straight into place.
  ///
  /// - Throws: `CheckpointError` if the file cannot be read or breaks a rule of the format.
  public init(contentsOf path: String) throws(CheckpointError) {
    let file = try Self.open(path)
    let (header, dataOffset) = try Self.header(of: file)
    var tensors: [String: StoredTensor] = [:]
    for entry in header.entries {
      tensors[entry.name] = try Self.tensor(entry, of: file, dataOffset: dataOffset)
    }
    self.init(path: path, metadata: header.metadata, tensors: tensors)
  }

  /// Reads and checks the header; also returns where the data begins.
  private static func header(of file: InputFile) throws(CheckpointError) -> (SafetensorsHeader, Int) {
    let lengthByteCount = HeaderScanner.lengthByteCount
    guard file.byteCount > 0 else { throw .notSafetensors(path: file.path, found: "it is empty") }
    guard file.byteCount >= lengthByteCount else {
      throw .truncated(path: file.path, expectedByteCount: lengthByteCount, foundByteCount: file.byteCount)
    }
    let length = try bytes(of: file, 0..<lengthByteCount).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsHeader.greatestByteCount else {
      let limit = SafetensorsHeader.greatestByteCount
      throw .notSafetensors(
        path: file.path, found: "its first 8 bytes give a header of \(length) bytes, and at most \(limit) are allowed")
    }
    let dataOffset = lengthByteCount + Int(length)
    guard dataOffset <= file.byteCount else {
      throw .truncated(path: file.path, expectedByteCount: dataOffset, foundByteCount: file.byteCount)
    }
    let header = try SafetensorsHeader(path: file.path, bytes: bytes(of: file, lengthByteCount..<dataOffset))
    let (expected, overflow) = dataOffset.addingReportingOverflow(header.dataByteCount)
    guard !overflow, expected <= file.byteCount else {
      throw .truncated(
        path: file.path, expectedByteCount: overflow ? .max : expected, foundByteCount: file.byteCount)
    }
    guard expected == file.byteCount else {
      throw .trailingBytes(path: file.path, expectedByteCount: expected, foundByteCount: file.byteCount)
    }
    return (header, dataOffset)
  }

  private static func tensor(
    _ entry: SafetensorsHeader.Entry, of file: InputFile, dataOffset: Int
  ) throws(CheckpointError) -> StoredTensor {
    let begin = dataOffset + entry.offsets.lowerBound
    guard entry.elementType == .float32 else {
      let bytes = try bytes(of: file, begin..<begin + entry.offsets.count)
      return StoredTensor(elementType: entry.elementType, shape: entry.shape, contents: .bytes(bytes))
    }
    var failure: InputFile.Failure?
    let tensor = unsafe Tensor(shape: entry.shape) { target in
      do throws(InputFile.Failure) {
        try unsafe file.read(into: UnsafeMutableRawBufferPointer(target), at: begin)
      } catch {
        failure = error
      }
    }
    if let failure { throw CheckpointError(failure, in: file) }
    return StoredTensor(tensor)
  }

  private static func open(_ path: String) throws(CheckpointError) -> InputFile {
    do {
      return try InputFile(path: path)
    } catch {
      throw CheckpointError(error, path: path, byteCount: 0)
    }
  }

  private static func bytes(of file: InputFile, _ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    do {
      return try file.bytes(range)
    } catch {
      throw CheckpointError(error, in: file)
    }
  }
}

extension CheckpointError {
  fileprivate init(_ failure: InputFile.Failure, in file: InputFile) {
    self.init(failure, path: file.path, byteCount: file.byteCount)
  }

  /// What went wrong where a file of so many bytes was read.
  fileprivate init(_ failure: InputFile.Failure, path: String, byteCount: Int) {
    self =
      switch failure {
      case .missing: .notFound(path: path)
      case .irregular(let kind): .notAFile(path: path, found: kind)
      case .notPermitted(let reason), .unreadable(let reason): .cannotOpen(path: path, reason: reason)
      case .truncated(let found): .truncated(path: path, expectedByteCount: byteCount, foundByteCount: found)
      case .readFailed(let offset, let reason): .readFailed(path: path, byteOffset: offset, reason: reason)
      }
  }
}
