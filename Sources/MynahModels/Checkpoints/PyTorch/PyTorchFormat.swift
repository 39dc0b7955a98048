import MynahIO

/// The formats that are read as files of `torch.save`, recognised by their first bytes.
enum PyTorchFormat: Equatable {
  /// A zip archive, as `torch.save` has written since PyTorch 1.6.
  case archive
  /// A sequence of pickles, as `torch.save` wrote before PyTorch 1.6; `start` is the offset of the second pickle.
  case legacy(start: Int)
  /// A pickle of `pickle.dump`.
  case pickle

  /// The number 0x1950A86A20F9469CFC6C, which the first pickle of the legacy format contains, with its opcode LONG1.
  private static let magic: [UInt8] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]

  /// The number of bytes needed to recognise a format: up to the end of "ustar", at offset 257 of a tar archive.
  static let startByteCount = 257 + 5

  /// Recognises the format of a source.
  ///
  /// - Throws: `PyTorchFileError.notPyTorch` if it is none of these.
  init(_ source: ByteSource) throws {
    let start = try source.bytes(0..<min(Self.startByteCount, source.byteCount))
    // Protocol 4 adds a frame of nine bytes.
    for offset in [2, 11] where start.dropFirst(offset).starts(with: Self.magic) {
      self = .legacy(start: offset + Self.magic.count)
      return
    }
    // The length at the start of a safetensors file may look like the start of a pickle.
    switch Self.isSafetensors(start) ? nil : ForeignFormat(start) {
    case .zip: self = .archive
    case .pickle: self = .pickle
    case let other?: throw PyTorchFileError.notPyTorch(path: source.path, found: other.inWords)
    case nil: throw PyTorchFileError.notPyTorch(path: source.path, found: Self.inWords(start))
    }
  }

  /// Returns a Boolean value indicating whether a file begins with a short length and a JSON object.
  private static func isSafetensors(_ start: [UInt8]) -> Bool {
    start.count > 8 && start[8] == UInt8(ascii: "{") && start[4..<8].allSatisfy { $0 == 0 }
  }

  /// Returns a description of the first bytes of a file, starting with "it is".
  private static func inWords(_ start: [UInt8]) -> String {
    if start.isEmpty { return "it is empty" }
    if start.starts(with: Array("PK\u{5}\u{6}".utf8)) { return "it is an empty zip archive" }
    if start.dropFirst(257).starts(with: Array("ustar".utf8)) {
      return "it is a tar archive, as written by PyTorch before 0.1.10"
    }
    if isSafetensors(start) { return "it is a safetensors file" }
    if ForeignFormat.isText(start) { return "it is text" }
    let bytes = start.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
    return "its first bytes are \(bytes.joined(separator: " "))"
  }
}
