package import MynahIO

/// The tokenization of texts, which may be larger than memory, into a token file: one pass counts tokens, a second pass
/// encodes them.
///
/// Both passes read the texts in pieces and process these on several threads. The tokens are written in order, so the
/// file does not depend on the number of threads or on the number of processes that share the pieces. The last tenth of
/// the texts is the validation split and does not contribute to the vocabulary.
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
  private let sharing: WorkSharing?

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
    try self.init(
      of: paths, threadCount: threadCount, pieceSize: Self.defaultPieceSize, validationShare: validationShare)
  }

  /// The number of bytes of a piece.
  package static let defaultPieceSize = 1 << 20

  /// Splits texts in the same way, with a given piece size, for several processes that share the pieces.
  ///
  /// All processes must call the same functions; rank 0 writes the file.
  package init(
    of paths: [String], threadCount: Int, pieceSize: Int, validationShare: Double = Corpus.defaultValidationShare,
    sharing: WorkSharing? = nil
  ) throws {
    require(
      threadCount > 0 && pieceSize > 0,
      "the number of threads and the piece size must be positive, got \(threadCount), \(pieceSize)")
    parts = try TextPart.parts(of: paths, validationShare: validationShare)
    (self.threadCount, self.pieceSize, self.sharing) = (threadCount, pieceSize, sharing)
  }

  /// Reads the beginning of the training text and returns the same tokenizer choice as for a text in memory.
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

  /// Counts the training tokens and returns the same tokenizer as `AnyTokenizer` creates from a text in memory.
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
    try forEachPiece(
      of: parts.filter { !$0.isForValidation }, size: pieceSize, isCounting: true, isForAll: true, report: report
    ) {
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
  /// Only a few pieces are in memory at a time, unless tokens may span any white space, as with most `tokenizer.json`
  /// files: then a whole file is read at once.
  ///
  /// - Parameter report: Called after each piece; an error that it throws ends the pass and leaves an existing file at
  ///   the path unchanged.
  /// - Throws: `FileError`; `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public func write(
    _ tokenizer: AnyTokenizer, to path: String, report: (Progress) throws -> Void = { _ in }
  ) throws {
    var writer =
      sharing.map { $0.rank == 0 } ?? true ? try TokenFileWriter(replacing: path, tokenizer: tokenizer) : nil
    let width = TokenFileWriter.width(vocabularySize: tokenizer.vocabulary.count)
    let size = tokenizer.encodesChunks ? pieceSize : .max / 8
    try forEachPiece(of: parts, size: size, isCounting: false, isForAll: false, report: report) { piece in
      let text = String(decoding: try piece.text(tokenizer.invalidBytes), as: UTF8.self)
      let tokens = try tokenizer.encode(text, beginsText: piece.beginsPart, endsText: piece.endsFile)
      return TokenFileWriter.Stretch(tokens, width: width)
    } then: { stretch, isForValidation in
      try writer?.write(stretch, isForValidation: isForValidation)
    }
    try writer?.commit()
  }

  /// Processes pieces on several threads and consumes the results in order, on the calling thread.
  ///
  /// - Parameter isForAll: A Boolean value indicating whether every process that shares the pieces consumes the
  ///   results; otherwise, only rank 0 does.
  private func forEachPiece<Output: SharedPiece>(
    of parts: [TextPart], size: Int, isCounting: Bool, isForAll: Bool, report: (Progress) throws -> Void,
    _ work: @escaping @Sendable (TextPiece) throws -> Output,
    then take: (_ output: Output, _ isForValidation: Bool) throws -> Void
  ) throws {
    let total = parts.reduce(0) { $0 + $1.range.count }
    var done = 0
    func consume(_ output: Output, isForValidation: Bool, byteCount: Int) throws {
      try take(output, isForValidation)
      done += byteCount
      try report(Progress(isCounting: isCounting, byteCount: done, totalByteCount: total))
    }
    let pieces = TextPieces(parts: parts, pieceSize: size)
    guard let sharing, sharing.rankCount > 1 else {
      let results = Dataset(pieces).map(threads: threadCount) { piece in
        Result {
          let piece = try piece.get()
          return (output: try work(piece), piece: piece)
        }
      }
      for result in results {
        let (output, piece) = try result.get()
        try consume(output, isForValidation: piece.isForValidation, byteCount: piece.bytes.count)
      }
      return
    }
    // Each process reads all pieces, but works only on every n-th piece of a round. At the end of a round, the
    // processes exchange their results.
    var rest = pieces.makeIterator()
    let roundSize = sharing.rankCount * (size == pieceSize ? Self.sharedPieces : 1)
    while true {
      var (own, round, digest) = ([TextPiece](), [(byteCount: Int, isForValidation: Bool)](), UInt64(0))
      while round.count < roundSize, let piece = try rest.next()?.get() {
        digest = digest &* 31 &+ FarmHash.fingerprint(piece.bytes)
        if round.count % sharing.rankCount == sharing.rank { own.append(piece) }
        round.append((piece.bytes.count, piece.isForValidation))
      }
      guard !round.isEmpty else { return }
      var message = PackedBytes()
      message.append(digest)
      for result in Dataset(own).map(threads: threadCount, { piece in Result { try work(piece).packed } }) {
        message.append(try result.get())
      }
      let all = try isForAll ? sharing.gather(message.bytes) : sharing.collect(message.bytes)
      guard var received = all?.map({ PackedBytes($0) }) else { continue }
      for rank in received.indices where received[rank].next() != digest { throw WorkSharingError(rank: rank) }
      for (index, piece) in round.enumerated() {
        let rank = index % sharing.rankCount
        guard let output = received[rank].nextRun().flatMap({ Output(packed: $0) }) else {
          throw WorkSharingError(rank: rank)
        }
        try consume(output, isForValidation: piece.isForValidation, byteCount: piece.byteCount)
      }
    }
  }

  /// The number of pieces that each process works on before it sends its results.
  private static let sharedPieces = 16
}

/// A result for a piece of text that can be sent to another process.
private protocol SharedPiece: Sendable {
  var packed: [UInt8] { get }
  /// Unpacks a result; nil if the bytes are not a packed result of this type.
  init?(packed: ArraySlice<UInt8>)
}

/// The counts of a piece; they are summed in order, so there is one large table regardless of the number of threads.
private struct PieceCounts: SharedPiece {
  let counts: TokenCounts
  /// A Boolean value indicating whether the piece contains anything but white space.
  let hasText: Bool

  init(_ text: [UInt8], _ kind: TokenizerKind, endsFile: Bool) {
    hasText = text.contains { $0 > 0x20 }
    counts = TokenCounts(of: text, kind, endsText: endsFile)
  }

  init?(packed: ArraySlice<UInt8>) {
    var reader = PackedBytes(packed)
    guard let hasText = reader.next() else { return nil }
    var counts = TokenCounts()
    while let token = reader.nextRun(), let count = reader.nextCount() { counts.add(Array(token), count: count) }
    (self.counts, self.hasText) = (counts, hasText == 1)
  }

  var packed: [UInt8] {
    var writer = PackedBytes()
    writer.append(hasText ? 1 : 0)
    for (token, count) in counts.entries {
      writer.append(token)
      writer.append(UInt64(count))
    }
    return writer.bytes
  }
}

extension TokenFileWriter.Stretch: SharedPiece {
  fileprivate init?(packed: ArraySlice<UInt8>) {
    var reader = PackedBytes(packed)
    guard let bytes = reader.nextRun(), let digest = reader.nextRun(),
      let tokenCount = reader.nextCount(), let unknownCount = reader.nextCount(),
      let characterCount = reader.nextCount()
    else { return nil }
    self.init(
      bytes: Array(bytes), digest: Array(digest),
      text: (tokenCount, unknownCount, characterCount))
  }

  fileprivate var packed: [UInt8] {
    var writer = PackedBytes()
    writer.append(bytes)
    writer.append(digest)
    for count in [text.tokenCount, text.unknownCount, text.characterCount] { writer.append(UInt64(count)) }
    return writer.bytes
  }
}
