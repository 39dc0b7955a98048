extension BytePairTokenizer {
  public func encode(_ text: String) throws(TextError) -> EncodedText {
    EncodedText(ids: try encode(bytes: Array(text.utf8)), characterCount: text.unicodeScalars.count)
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  /// Encodes text that continues other text: no space is added before it.
  func encodeContinuation(_ text: String) throws(TextError) -> EncodedText {
    EncodedText(
      ids: try encode(bytes: Array(text.utf8), isContinuation: true), characterCount: text.unicodeScalars.count)
  }

  /// Returns the tokens of white space that precedes a word, and the trailing white space that is joined with the word.
  ///
  /// - Throws: `TextError` if a byte is not in the vocabulary.
  package func encodeSpace(_ space: String, beginsText: Bool) throws(TextError) -> (ids: [Int32], rest: [UInt8]) {
    let bytes = Array(space.utf8)
    var scanner = PretokenScanner(bytes + [UInt8(ascii: "x")], 0..<bytes.count + 1)
    var (ids, end): ([Int32], Int) = ([], 0)
    // Encode each piece separately: at the end of a text, all white space would be a single piece.
    while let piece = scanner.next(), piece.upperBound <= bytes.count {
      ids += try encode(bytes: Array(bytes[piece]), isContinuation: !beginsText || end > 0)
      end = piece.upperBound
    }
    return (ids, Array(bytes[end...]))
  }

  /// Encodes bytes, which need not be valid UTF-8.
  ///
  /// - Throws: `TextError` if a byte is not in the vocabulary, which cannot happen for a tokenizer trained by this
  ///   package.
  public func encode(bytes: [UInt8]) throws(TextError) -> [Int32] { try encode(bytes: bytes, isContinuation: false) }

  private func encode(bytes: [UInt8], isContinuation: Bool) throws(TextError) -> [Int32] {
    var encoder = BytePairEncoder(self, isContinuation: isContinuation)
    var ids: [Int32] = []
    try encoder.encode(bytes) { id, _ in ids.append(id) }
    return ids
  }

  /// Returns the index of the first byte that is not in the vocabulary; nil if there is none.
  func firstUnknownByte(in bytes: [UInt8]) -> Int? { bytes.firstIndex { byteIDs[Int($0)] < 0 } }
}
