import MynahIO

/// The tokenization of texts that may be larger than memory into a token file: one pass counts tokens, a second one
/// encodes them.
///
/// Both passes read the texts in pieces and process these on several threads. The tokens are written in order, so the
/// file does not depend on the number of threads. The last tenth of the texts is the validation split and does not
/// contribute to the vocabulary.
public struct TextPreparation: Sendable {
  /// The progress of a pass.
  public struct Progress: Sendable, Hashable {
    /// A Boolean value indicating whether tokens are being counted; otherwise, they are being encoded and written.
    public let isCounting: Bool
    /// The number of bytes processed so far.
    public let byteCount: Int
    /// The total number of bytes that this pass reads.
    public let totalByteCount: Int
  }

  private let parts: [TextPart]
  private let threadCount: Int
  private let pieceSize: Int

  /// Splits texts, which are concatenated, into training and validation parts.
  ///
  /// - Parameters:
  ///   - paths: The paths of the texts, at least one.
  ///   - threadCount: The number of threads, at least 1.
  ///   - validationShare: The share of the texts that is split off for validation.
  /// - Throws: `FileError` if a file cannot be read, `TextError` if the texts are too short to be split.
  public init(
    of paths: [String], threadCount: Int, validationShare: Double = Corpus.defaultValidationShare
  ) throws {
    try self.init(of: paths, threadCount: threadCount, pieceSize: 1 << 20, validationShare: validationShare)
  }

  /// Splits texts likewise, with a given piece size.
  package init(
    of paths: [String], threadCount: Int, pieceSize: Int, validationShare: Double = Corpus.defaultValidationShare
  ) throws {
    require(
      threadCount > 0 && pieceSize > 0,
      "the number of threads and the piece size must be positive, got \(threadCount), \(pieceSize)")
    parts = try TextPart.parts(of: paths, validationShare: validationShare)
    (self.threadCount, self.pieceSize) = (threadCount, pieceSize)
  }

  /// Reads the beginning of the training text and returns the choice of a tokenizer that would be made for it in
  /// memory.
  ///
  /// - Throws: `FileError` if a text is not UTF-8.
  public func tokenizerChoice() throws -> TokenizerChoice {
    var text: [UInt8] = []
    for piece in TextPieces(parts: parts.filter { !$0.isForValidation }, pieceSize: pieceSize) {
      text += try piece.get().text()
      if text.count > TokenizerChoice.examinedByteCount { break }
    }
    return TokenizerChoice(for: String(decoding: text, as: UTF8.self))
  }

  /// Counts the training tokens and returns the tokenizer that `AnyTokenizer` creates from a text in memory.
  ///
  /// Memory use grows with the number of distinct words or, for byte pairs, of distinct pieces. The byte tokenizer
  /// reads nothing.
  ///
  /// - Parameter report: Called after each piece; an error that it throws ends the pass.
  /// - Throws: `FileError` if a text is not UTF-8 or contains only white space.
  public func tokenizer(
    _ kind: TokenizerKind, minimumCount: Int? = nil, maximumSize: Int? = nil,
    report: (Progress) throws -> Void = { _ in }
  ) throws -> AnyTokenizer {
    guard kind != .byte else { return .bytes(ByteTokenizer()) }
    var (counts, hasText) = (TokenCounts(), false)
    try forEachPiece(of: parts.filter { !$0.isForValidation }, size: pieceSize, isCounting: true, report: report) {
      piece in
      PieceCounts(try piece.text(), kind, endsFile: piece.endsFile)
    } then: { piece, _ in
      counts.add(piece.counts)
      hasText = hasText || piece.hasText
    }
    guard hasText else { throw FileError.emptyText(path: parts[0].path) }
    return AnyTokenizer(kind, counts, minimumCount: minimumCount, maximumSize: maximumSize)
  }

  /// Encodes the tokens and writes them atomically.
  ///
  /// Memory use is that of a few pieces, unless tokens may span any white space, as those of most `tokenizer.json`
  /// files may: then a whole file is read at once.
  ///
  /// - Parameter report: Called after each piece; an error that it throws ends the pass and leaves an existing file at
  ///   the path unchanged.
  /// - Throws: `FileError`; `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public func write(
    _ tokenizer: AnyTokenizer, to path: String, report: (Progress) throws -> Void = { _ in }
  ) throws {
    var writer = try TokenFileWriter(replacing: path, tokenizer: tokenizer)
    let width = TokenFileWriter.width(vocabularySize: tokenizer.vocabulary.count)
    let size = tokenizer.encodesChunks ? pieceSize : .max / 8
    try forEachPiece(of: parts, size: size, isCounting: false, report: report) { piece in
      let text = String(decoding: try piece.text(tokenizer.invalidBytes), as: UTF8.self)
      let tokens = try tokenizer.encode(text, beginsText: piece.beginsPart, endsText: piece.endsFile)
      return TokenFileWriter.Stretch(tokens, width: width)
    } then: { stretch, piece in
      try writer.write(stretch, isForValidation: piece.isForValidation)
    }
    try writer.commit()
  }

  /// Processes pieces on several threads and consumes the results in order, on the calling thread.
  private func forEachPiece<Output: Sendable>(
    of parts: [TextPart], size: Int, isCounting: Bool, report: (Progress) throws -> Void,
    _ work: @escaping @Sendable (TextPiece) throws -> Output,
    then take: (Output, TextPiece) throws -> Void
  ) throws {
    let total = parts.reduce(0) { $0 + $1.range.count }
    var done = 0
    let results = Dataset(TextPieces(parts: parts, pieceSize: size)).map(threads: threadCount) { piece in
      Result {
        let piece = try piece.get()
        return (output: try work(piece), piece: piece)
      }
    }
    for result in results {
      let (output, piece) = try result.get()
      try take(output, piece)
      done += piece.bytes.count
      try report(Progress(isCounting: isCounting, byteCount: done, totalByteCount: total))
    }
  }
}

/// The counts of a piece; they are summed in order, so there is one large table regardless of the number of threads.
private struct PieceCounts: Sendable {
  let counts: TokenCounts
  /// A Boolean value indicating whether the piece contains anything but white space.
  let hasText: Bool

  init(_ text: [UInt8], _ kind: TokenizerKind, endsFile: Bool) {
    hasText = text.contains { $0 > 0x20 }
    counts = TokenCounts(of: text, kind, endsText: endsFile)
  }
}
