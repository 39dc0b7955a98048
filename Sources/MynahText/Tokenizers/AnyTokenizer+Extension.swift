extension AnyTokenizer {
  /// Returns a tokenizer with further tokens after the existing ones, which keep their ids: the words or characters of
  /// a text that are not in the vocabulary, by descending count.
  ///
  /// - Parameters:
  ///   - minimumCount: The minimum count of a token; nil: the default of a vocabulary that is built from the text.
  ///   - maximumSize: The maximum number of tokens, including the existing ones.
  /// - Throws: `TextError.notExtensible` if the tokens are neither words nor characters.
  public func extended(
    byTraining text: String, minimumCount: Int? = nil, maximumSize: Int? = nil
  ) throws(TextError) -> AnyTokenizer {
    let limit = { (vocabulary: Vocabulary) in max(0, (maximumSize ?? .max) - vocabulary.count) }
    switch self {
    case .word(let own):
      let new = WordTokenizer(training: text, minimumCount: minimumCount).vocabulary
      return .word(
        WordTokenizer(
          vocabulary: try own.vocabulary.appending(new, atMost: limit(own.vocabulary)), lineEnd: own.lineEnd,
          form: own.form))
    case .character(let own):
      let new = CharacterTokenizer(training: text, minimumCount: minimumCount ?? 1).vocabulary
      return .character(
        try CharacterTokenizer(vocabulary: own.vocabulary.appending(new, atMost: limit(own.vocabulary))))
    case .wordsAndPunctuation(let own):
      let new = PunctuationTokenizer(training: text, minimumCount: minimumCount).vocabulary
      return .wordsAndPunctuation(
        PunctuationTokenizer(vocabulary: try own.vocabulary.appending(new, atMost: limit(own.vocabulary))))
    case let tokenizer: throw .notExtensible(kind: tokenizer.kind)
    }
  }
}

extension Vocabulary {
  /// Returns the vocabulary followed by the tokens of another one that it lacks, in the other's order, except tokens
  /// that represent no text or a line end.
  fileprivate func appending(_ other: Vocabulary, atMost limit: Int) throws(TextError) -> Vocabulary {
    let special = Set(other.textlessIDs + [other.endOfSentenceID].compactMap(\.self))
    let new = (0..<Int32(other.count)).lazy.filter { !special.contains($0) }.map { other[$0] }
      .filter { id(of: $0) == nil }
    return try Vocabulary(tokens: tokens + new.prefix(limit))
  }
}
