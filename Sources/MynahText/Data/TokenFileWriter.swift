import Foundation
public import MynahIO

/// A writer that creates a token file chunk by chunk; the file appears at its path only when it is complete.
public struct TokenFileWriter: ~Copyable {
  private var file: AtomicFile
  private var header: TokenFileHeader
  private var digests = SHA256()

  /// Starts a file; an existing file at the path is kept until `commit`.
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

  /// Returns the number of bytes per token: 2 if they suffice for the vocabulary, else 4.
  static func width(vocabularySize: Int) -> Int { vocabularySize <= 1 << 16 ? 2 : 4 }

  /// A chunk of tokens in its serialized form.
  struct Stretch: Sendable {
    let bytes: [UInt8]
    let digest: [UInt8]
    let text: (tokenCount: Int, unknownCount: Int, characterCount: Int)

    init(bytes: [UInt8], digest: [UInt8], text: (tokenCount: Int, unknownCount: Int, characterCount: Int)) {
      (self.bytes, self.digest, self.text) = (bytes, digest, text)
    }

    /// Serializes tokens; this is most of the work of writing and can run on any thread.
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
  /// - Parameter isForValidation: A Boolean value indicating whether these are validation tokens; no training tokens
  ///   may follow them.
  /// - Throws: `FileError.writeFailed`.
  public mutating func write(_ text: EncodedText, isForValidation: Bool = false) throws(FileError) {
    try write(Stretch(text, width: header.width), isForValidation: isForValidation)
  }

  mutating func write(_ stretch: Stretch, isForValidation: Bool) throws(FileError) {
    require(
      isForValidation || header.trainingCount == header.count, "training tokens must come before validation tokens")
    try unsafe file.write(stretch.bytes.span.bytes)
    digests.update(stretch.digest)
    header.count += stretch.text.tokenCount
    header.characterCount += stretch.text.characterCount
    guard !isForValidation else { return }
    header.trainingCount += stretch.text.tokenCount
    header.unknownCount += stretch.text.unknownCount
  }

  /// Completes the file and moves it to its path.
  ///
  /// - Throws: `FileError`; an existing file at the path is then unchanged.
  public consuming func commit() throws(FileError) {
    header.tokensDigest = digests.digest()
    try unsafe file.overwriteStart(header.bytes.span.bytes)
    try file.commit()
  }
}
