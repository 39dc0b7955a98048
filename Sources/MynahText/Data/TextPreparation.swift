import MynahIO

/// Makes a token file of texts that may be larger than memory: one pass counts tokens, a second one numbers them.
///
/// Both passes read the texts by pieces and work on these on several threads; the pieces' tokens are written in order, so the
/// file does not depend on the number of threads. The last tenth of the texts is to validate with and counts for nothing in
/// the vocabulary.
public struct TextPreparation: Sendable {
  /// How far a pass is.
  public struct Progress: Sendable, Hashable {
    /// Whether tokens are counted; if not, they are numbered and written.
    public let isCounting: Bool
    /// The bytes of the texts that are done.
    public let byteCount: Int
    /// The bytes of the texts that this pass reads.
    public let totalByteCount: Int
  }

  private let parts: [TextPart]
  private let threadCount: Int
  private let pieceSize: Int

  /// Looks at the texts, which follow each other as if they were one.
  ///
  /// - Parameters:
  ///   - paths: The texts' files, at least one.
  ///   - threadCount: Threads to work on, at least 1.
  /// - Throws: `FileError` if a file cannot be read, `TextError` if the texts are too short to be split.
  public init(of paths: [String], threadCount: Int) throws {
    try self.init(of: paths, threadCount: threadCount, pieceSize: 1 << 20)
  }

  /// As above, with pieces of another size.
  package init(of paths: [String], threadCount: Int, pieceSize: Int) throws {
    precondition(threadCount > 0 && pieceSize > 0, "expected a thread and a byte, found \(threadCount), \(pieceSize)")
    parts = try TextPart.parts(of: paths)
    (self.threadCount, self.pieceSize) = (threadCount, pieceSize)
  }

  /// Counts the tokens to learn and makes the tokenizer of them that `AnyTokenizer` makes of a text in memory.
  ///
  /// Memory is needed for each different word or, for byte pairs, piece of a word. For bytes nothing is read.
  ///
  /// - Parameter report: Called after each piece; what it throws ends the pass.
  /// - Throws: `FileError` if a text is not UTF-8 or contains only white space.
  public func tokenizer(
    _ level: TokenLevel, minimumCount: Int? = nil, maximumSize: Int? = nil, report: (Progress) throws -> Void = { _ in }
  ) throws -> AnyTokenizer {
    guard level != .byte else { return .bytes(ByteTokenizer()) }
    var (counts, hasText) = (TokenCounts(), false)
    try forEachPiece(of: parts.filter { !$0.isForValidation }, isCounting: true, report: report) {
      piece in
      PieceCounts(try piece.text(), level, endsFile: piece.endsFile)
    } then: { piece, _ in
      counts.add(piece.counts)
      hasText = hasText || piece.hasText
    }
    guard hasText else { throw FileError.emptyText(path: parts[0].path) }
    return AnyTokenizer(level, counts, minimumCount: minimumCount, maximumSize: maximumSize)
  }

  /// Numbers the tokens and writes them, all or nothing.
  ///
  /// A special token of byte pairs that has white space in it may be overlooked where texts are cut.
  ///
  /// - Parameter report: Called after each piece; what it throws ends the pass, and what stood at the path is unchanged.
  /// - Throws: `FileError`; `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public func write(
    _ tokenizer: AnyTokenizer, to path: String, report: (Progress) throws -> Void = { _ in }
  ) throws {
    var writer = try TokenFileWriter(replacing: path, tokenizer: tokenizer)
    let width = TokenFileWriter.width(vocabularySize: tokenizer.vocabulary.count)
    try forEachPiece(of: parts, isCounting: false, report: report) { piece in
      let text = String(decoding: try piece.text(), as: UTF8.self)
      let tokens = try tokenizer.encode(text, beginsText: piece.beginsPart, endsText: piece.endsFile)
      return TokenFileWriter.Stretch(tokens, width: width)
    } then: { stretch, piece in
      try writer.write(stretch, isForValidation: piece.isForValidation)
    }
    try writer.commit()
  }

  /// Works on pieces on several threads and takes the results in order, on the calling thread.
  private func forEachPiece<Output: Sendable>(
    of parts: [TextPart], isCounting: Bool, report: (Progress) throws -> Void,
    _ work: @escaping @Sendable (TextPiece) throws -> Output,
    then take: (Output, TextPiece) throws -> Void
  ) throws {
    let total = parts.reduce(0) { $0 + $1.range.count }
    var done = 0
    let results = Dataset(TextPieces(parts: parts, pieceSize: pieceSize)).map(threads: threadCount) { piece in
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

/// What was counted of a piece; added up in the pieces' order, so that there is one large table whatever the number of threads.
private struct PieceCounts: Sendable {
  let counts: TokenCounts
  /// Whether something else than white space was there.
  let hasText: Bool

  init(_ text: [UInt8], _ level: TokenLevel, endsFile: Bool) {
    hasText = text.contains { $0 > 0x20 }
    counts = TokenCounts(of: text, level, endsText: endsFile)
  }
}
