extension BytePairTokenizer {
  public func encode(_ text: String) throws(TextError) -> EncodedText {
    EncodedText(ids: try encode(bytes: Array(text.utf8)), characterCount: text.unicodeScalars.count)
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  /// Encodes what stands behind other text in a file: no space is put before it.
  func encodeContinuation(_ text: String) throws(TextError) -> EncodedText {
    EncodedText(
      ids: try encode(bytes: Array(text.utf8), isContinuation: true), characterCount: text.unicodeScalars.count)
  }

  /// The tokens of bytes, which need not be text.
  ///
  /// - Throws: When there is a byte that the vocabulary lacks; one that was trained here lacks none.
  public func encode(bytes: [UInt8]) throws(TextError) -> [Int32] { try encode(bytes: bytes, isContinuation: false) }

  private func encode(bytes: [UInt8], isContinuation: Bool) throws(TextError) -> [Int32] {
    var encoder = PieceEncoder(self, isContinuation: isContinuation)
    var start = 0
    for special in specialPlaces(in: bytes) {
      try encoder.add(bytes, start..<special.range.lowerBound)
      encoder.ids.append(special.id)
      start = special.range.upperBound
    }
    try encoder.add(bytes, start..<bytes.count)
    return encoder.ids
  }

  /// Where special tokens stand, from left to right, the longest one where several begin.
  private func specialPlaces(in bytes: [UInt8]) -> [(range: Range<Int>, id: Int32)] {
    guard !specialTokens.isEmpty else { return [] }
    let tokens = specialTokens.map { (bytes: Array($0.utf8), id: vocabulary.id(of: $0) ?? 0) }
      .sorted { $0.bytes.count > $1.bytes.count }
    var begins = [Bool](repeating: false, count: 256)
    for token in tokens { begins[Int(token.bytes[0])] = true }
    var (places, offset): ([(range: Range<Int>, id: Int32)], Int) = ([], 0)
    while offset < bytes.count {
      if begins[Int(bytes[offset])], let token = tokens.first(where: { bytes[offset...].starts(with: $0.bytes) }) {
        places.append((offset..<(offset + token.bytes.count), token.id))
        offset += token.bytes.count
      } else {
        offset += 1
      }
    }
    return places
  }
}

/// Encodes the pieces of a text, each different one once.
private struct PieceEncoder {
  private let tokenizer: BytePairTokenizer
  private var seen = TokenTable()
  private var seenIDs: [[Int32]] = []
  var ids: [Int32] = []

  /// How many pieces are kept: most of a text's words are among the first that come.
  private static let mostSeen = 1 << 16

  /// Whether what comes first gets no leading space.
  private let isContinuation: Bool

  init(_ tokenizer: BytePairTokenizer, isContinuation: Bool) {
    (self.tokenizer, self.isContinuation) = (tokenizer, isContinuation)
  }

  mutating func add(_ bytes: [UInt8], _ range: Range<Int>) throws(TextError) {
    guard !range.isEmpty else { return }
    let mayAddSpace = tokenizer.addsLeadingSpace && !(isContinuation && range.lowerBound == 0)
    if mayAddSpace && bytes[range.lowerBound] != UInt8(ascii: " ") {
      let spaced = [UInt8(ascii: " ")] + bytes[range]
      try addPieces(spaced, spaced.indices)
    } else {
      try addPieces(bytes, range)
    }
  }

  private mutating func addPieces(_ bytes: [UInt8], _ range: Range<Int>) throws(TextError) {
    var scanner = PretokenScanner(bytes, range)
    while let piece = scanner.next() {
      if let number = seen.number(of: bytes, piece) {
        ids += seenIDs[Int(number)]
        continue
      }
      let merged = tokenizer.merges.merged(try byteIDs(bytes, piece))
      ids += merged
      if seenIDs.count < Self.mostSeen {
        _ = seen.insert(bytes, piece)
        seenIDs.append(merged)
      }
    }
  }

  private func byteIDs(_ bytes: [UInt8], _ piece: Range<Int>) throws(TextError) -> [Int32] {
    var ids: [Int32] = []
    for offset in piece {
      let id = tokenizer.byteIDs[Int(bytes[offset])]
      guard id >= 0 else { throw .unknownToken(in: bytes, offset..<(offset + 1)) }
      ids.append(id)
    }
    return ids
  }
}
