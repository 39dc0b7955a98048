/// The model of a `tokenizer.json`, which encodes the pieces of a text.
enum SubwordModel: Sendable {
  case words(unknown: Int32?)
  case bytePairs(SubwordMerges)
  case wordPiece(prefix: String, longest: Int, unknown: Int32?)
  case unigram(UnigramModel)

  /// Returns the tokens of a piece and the number of them that represent unknown text.
  ///
  /// - Throws: `TextError.unknownToken` if the piece is unknown and there is no token for it.
  func encode(_ piece: [Unicode.Scalar], _ vocabulary: SubwordVocabulary) throws(TextError) -> SubwordTokens {
    switch self {
    case .words(let unknown):
      if let id = vocabulary[piece[...]] { return SubwordTokens(ids: [id]) }
      return SubwordTokens(ids: [try SubwordTokens.known(unknown, else: piece)], unknownCount: 1)
    case .bytePairs(let merges): return merges.encode(piece, vocabulary)
    case .wordPiece(let prefix, let longest, let unknown):
      var (ids, start): ([Int32], Int) = ([], 0)
      while start < piece.count {
        let before = start == 0 ? "" : prefix
        guard piece.count <= longest,
          let end = (start + 1...piece.count).last(where: { vocabulary[piece[start..<$0], prefix: before] != nil }),
          let id = vocabulary[piece[start..<end], prefix: before]
        else { return SubwordTokens(ids: [try SubwordTokens.known(unknown, else: piece)], unknownCount: 1) }
        ids.append(id)
        start = end
      }
      return SubwordTokens(ids: ids)
    case .unigram(let model): return try model.encode(piece, vocabulary)
    }
  }
}

/// The tokens of a piece.
struct SubwordTokens: Sendable {
  var ids: [Int32]
  /// The number of tokens that represent unknown text.
  var unknownCount = 0

  /// Returns the token for unknown text.
  ///
  /// - Throws: `TextError.unknownToken` with the piece if there is none; its position is not known here.
  static func known(_ id: Int32?, else piece: [Unicode.Scalar]) throws(TextError) -> Int32 {
    if let id { return id }
    throw .unknownToken(String(String.UnicodeScalarView(piece)), line: 1, column: 1)
  }
}

/// The vocabulary of the model of a `tokenizer.json`, without added tokens.
struct SubwordVocabulary: Sendable {
  private let vocabulary: Vocabulary
  /// The IDs of the added tokens that are not in the model's own vocabulary.
  private let addedIDs: Set<Int32>
  /// The tokens of the 256 bytes, such as `<0x0A>`; nil for a byte that has none.
  private let byteIDs: [Int32?]

  init(_ vocabulary: Vocabulary, addedIDs: Set<Int32>) {
    (self.vocabulary, self.addedIDs) = (vocabulary, addedIDs)
    byteIDs = (0...UInt8.max).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return vocabulary.id(of: "<0x" + (digits.utf8.count < 2 ? "0" : "") + digits + ">")
    }
  }

  subscript(_ text: String) -> Int32? {
    vocabulary.id(of: text).flatMap { addedIDs.contains($0) ? nil : $0 }
  }

  subscript(_ piece: ArraySlice<Unicode.Scalar>, prefix prefix: String = "", suffix suffix: String = "") -> Int32? {
    self[prefix + String(String.UnicodeScalarView(piece)) + suffix]
  }

  /// Returns the tokens of the bytes of a text; nil if a byte has none.
  func bytes(of text: String) -> [Int32]? {
    let ids = text.utf8.compactMap { byteIDs[Int($0)] }
    return ids.count == text.utf8.count ? ids : nil
  }
}
