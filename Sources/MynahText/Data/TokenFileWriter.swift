import Foundation
public import MynahIO

/// Writes a token file stretch by stretch; it stands in its place only when it is whole.
public struct TokenFileWriter: ~Copyable {
  private var file: AtomicFile
  private var header: TokenFileHeader
  private var digests = SHA256()

  /// Begins a file; what stands there stays until `commit`.
  ///
  /// - Throws: `FileError`.
  public init(replacing path: String, tokenizer: AnyTokenizer) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = [UInt8](try encoder.encode(tokenizer))
    let header = TokenFileHeader(width: Self.width(vocabularySize: tokenizer.vocabulary.count), tokenizerJSON: json)
    var file = try AtomicFile(replacing: path)
    let gap = header.tokensOffset - TokenFileHeader.byteCount - json.count
    try unsafe file.write((header.bytes + json + Array(repeating: 0, count: gap)).span.bytes)
    self.header = header
    self.file = file
  }

  /// The bytes of a token: 2 if they suffice for a vocabulary, else 4.
  static func width(vocabularySize: Int) -> Int { vocabularySize <= 1 << 16 ? 2 : 4 }

  /// A stretch of tokens as it is written.
  struct Stretch: Sendable {
    let bytes: [UInt8]
    let digest: [UInt8]
    let text: (tokenCount: Int, unknownCount: Int, characterCount: Int)

    /// Lays tokens out; this is most of the work of writing and can be done on any thread.
    init(_ text: EncodedText, width: Int) {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(text.ids.count * width)
      for id in text.ids {
        bytes.append(UInt8(truncatingIfNeeded: id))
        bytes.append(UInt8(truncatingIfNeeded: id >> 8))
        guard width == 4 else { continue }
        bytes.append(UInt8(truncatingIfNeeded: id >> 16))
        bytes.append(UInt8(truncatingIfNeeded: id >> 24))
      }
      var hash = SHA256()
      hash.update(bytes)
      (self.bytes, digest) = (bytes, hash.digest())
      self.text = (text.ids.count, text.unknownCount, text.characterCount)
    }
  }

  /// Appends tokens.
  ///
  /// - Parameter isForValidation: Whether they are to validate with; no tokens to learn may come behind those.
  /// - Throws: `FileError.writeFailed`.
  public mutating func write(_ text: EncodedText, isForValidation: Bool = false) throws(FileError) {
    try write(Stretch(text, width: header.width), isForValidation: isForValidation)
  }

  mutating func write(_ stretch: Stretch, isForValidation: Bool) throws(FileError) {
    precondition(
      isForValidation || header.trainingCount == header.count, "tokens to learn come before those to validate with")
    try unsafe file.write(stretch.bytes.span.bytes)
    digests.update(stretch.digest)
    header.count += stretch.text.tokenCount
    header.characterCount += stretch.text.characterCount
    guard !isForValidation else { return }
    header.trainingCount += stretch.text.tokenCount
    header.unknownCount += stretch.text.unknownCount
  }

  /// Completes the file and lets it take its place.
  ///
  /// - Throws: `FileError`; what stood there before is then unchanged.
  public consuming func commit() throws(FileError) {
    header.tokensDigest = digests.digest()
    try unsafe file.overwriteStart(header.bytes.span.bytes)
    try file.commit()
  }
}
