extension BytePairTokenizer {
  public func encode(_ text: String) throws(TextError) -> EncodedText {
    EncodedText(ids: try encode(bytes: Array(text.utf8)), characterCount: text.unicodeScalars.count)
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  /// Encodes text that follows other text: no space is put before it.
  func encodeContinuation(_ text: String) throws(TextError) -> EncodedText {
    EncodedText(
      ids: try encode(bytes: Array(text.utf8), isContinuation: true), characterCount: text.unicodeScalars.count)
  }

  /// The tokens of white space that a word follows, and the white space at its end that is joined with the word.
  ///
  /// - Throws: When there is a byte that the vocabulary lacks.
  package func encodeSpace(_ space: String, beginsText: Bool) throws(TextError) -> (ids: [Int32], rest: [UInt8]) {
    let bytes = Array(space.utf8)
    var scanner = PretokenScanner(bytes + [UInt8(ascii: "x")], 0..<bytes.count + 1)
    var (ids, end): ([Int32], Int) = ([], 0)
    // Piece by piece: at the end of a text all white space would be one.
    while let piece = scanner.next(), piece.upperBound <= bytes.count {
      ids += try encode(bytes: Array(bytes[piece]), isContinuation: !beginsText || end > 0)
      end = piece.upperBound
    }
    return (ids, Array(bytes[end...]))
  }

  /// The tokens of bytes, which need not be text.
  ///
  /// - Throws: When there is a byte that the vocabulary lacks; one that was trained here lacks none.
  public func encode(bytes: [UInt8]) throws(TextError) -> [Int32] { try encode(bytes: bytes, isContinuation: false) }

  private func encode(bytes: [UInt8], isContinuation: Bool) throws(TextError) -> [Int32] {
    var encoder = BytePairEncoder(self, isContinuation: isContinuation)
    var ids: [Int32] = []
    try encoder.encode(bytes) { id, _ in ids.append(id) }
    return ids
  }

  /// The first byte that the vocabulary lacks; nil if it has all.
  func firstUnknownByte(in bytes: [UInt8]) -> Int? { bytes.firstIndex { byteIDs[Int($0)] < 0 } }
}
