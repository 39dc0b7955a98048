extension TokenCounts {
  /// Counts the words of a text's bytes, and `<eos>` for each line end; an unterminated last line counts if
  /// `endingLastLine` is true.
  mutating func addWords(of bytes: [UInt8], endingLastLine: Bool) {
    let endOfSentence = Array(Vocabulary.endOfSentence.utf8)
    var scanner = WordScanner(bytes)
    while let item = scanner.next() {
      switch item {
      case .lineEnd: add(endOfSentence, endOfSentence.indices)
      case .word(let range): add(bytes, range)
      }
    }
    if endingLastLine && WordTokenizer.hasOpenLastLine(bytes) { add(endOfSentence, endOfSentence.indices) }
  }

  /// Counts the characters of a text's bytes.
  mutating func addCharacters(of bytes: [UInt8]) {
    CharacterTokenizer.forEachCharacter(in: bytes) { add(bytes, $0) }
  }
}
