import MynahIO

/// A file format that is often mistaken for a model file, recognised by its first bytes.
enum ForeignFormat: CaseIterable {
  case hdf5, zip, pickle, gzip, gguf, arpa

  /// Recognises the format from a file's first bytes; nil if it is none of these.
  init?(_ start: [UInt8]) {
    let format = Self.allCases.first { format in format.beginnings.contains { start.starts(with: $0) } }
    guard let format else { return nil }
    self = format
  }

  /// Returns a Boolean value indicating whether the first bytes of a file are UTF-8 text without control characters; the
  /// last character may be cut.
  static func isText(_ start: [UInt8]) -> Bool {
    start.allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }
      && (0...3).contains { String(validating: start.dropLast($0), as: UTF8.self) != nil }
  }

  private var beginnings: [[UInt8]] {
    switch self {
    case .hdf5: [[0x89] + Array("HDF\r\n\u{1A}\n".utf8)]
    case .zip: [Array("PK\u{3}\u{4}".utf8)]
    // The opcode PROTO of pickle protocols 2 to 5.
    case .pickle: (2...5).map { [0x80, $0] }
    case .gzip: [GzipFile.magic]
    case .gguf: [Array("GGUF".utf8)]
    case .arpa: [Array("\\data\\".utf8)]
    }
  }

  /// A description of the file that starts with "it is".
  var inWords: String {
    switch self {
    case .hdf5: "it is an HDF5 file, as written by Keras"
    case .zip: "it is a zip archive, as written by PyTorch's torch.save and by Keras"
    case .pickle: "it is a Python pickle, as written by older versions of PyTorch's torch.save"
    case .gzip: "it is compressed with gzip"
    case .gguf: "it is a GGUF file of llama.cpp"
    case .arpa: "it is an n-gram model in the ARPA format"
    }
  }
}

extension PyTorchFile {
  /// Returns a Boolean value indicating whether a file begins like a file of `torch.save`: as a zip archive or a
  /// pickle.
  ///
  /// Returns false for a file that cannot be read; reading it later throws the error.
  package static func isLikely(at path: String) -> Bool {
    guard let file = try? InputFile(path: path), let start = try? file.bytes(0..<min(9, file.byteCount)) else {
      return false
    }
    // A safetensors header begins with a brace after a length, which may look like the beginning of a pickle.
    let format = ForeignFormat(start)
    return (format == .zip || format == .pickle) && start.last != UInt8(ascii: "{")
  }
}
