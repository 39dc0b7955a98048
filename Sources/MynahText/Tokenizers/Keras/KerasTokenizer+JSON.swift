import MynahIO

extension KerasTokenizer {
  /// The tokenizer in the format of Keras's `to_json`, which `tokenizer_from_json` reads.
  public var json: String {
    let words = counts.words
    // As in Python's dictionary, a word that is listed twice has its first position and its second ID.
    var places: [(String, Int)] = []
    for number in 1..<max(index.count, 1) {
      let word = index[Int32(number)]
      let last = self.number(of: word).map { Int($0) } ?? number
      if last == number && isListedTwice(word) { continue }
      places.append((word, last))
    }
    let config: JSONValue = .record([
      "num_words": settings.wordLimit.map { .integer($0) } ?? .null,
      "filters": .string(settings.filters),
      "lower": .bool(settings.lowercases),
      "split": .string(settings.separator),
      "char_level": .bool(settings.takesCharacters),
      "oov_token": settings.unknownToken.map { .string($0) } ?? .null,
      "document_count": .integer(documentCount),
      "word_counts": Self.nested(zip(words, counts.counts)),
      "word_docs": Self.nested(zip(words, counts.textCounts)),
      "index_docs": Self.nested(zip(words.map { String(number(of: $0) ?? 0) }, counts.textCounts)),
      "index_word": .string(
        JSONValue.object(places.map { JSONValue.Member(name: String($0.1), value: .string($0.0)) }).text),
      "word_index": Self.nested(places),
    ])
    return JSONValue.record(["class_name": .string("Tokenizer"), "config": config]).text
  }

  private func isListedTwice(_ word: String) -> Bool {
    settings.unknownToken.map { $0.utf8.elementsEqual(word.utf8) && index[1].utf8.elementsEqual(word.utf8) } == true
      && number(of: word) != 1
  }

  /// Returns an object of counts, serialized as a string.
  private static func nested(_ entries: some Sequence<(String, Int)>) -> JSONValue {
    .string(JSONValue.integers(entries).text)
  }

  /// Reads the output of Keras's `to_json` or of `json`.
  ///
  /// The word IDs are recomputed from the counts, as Keras itself does when it is fitted on more texts.
  ///
  /// - Throws: `TextError` if the text is not valid JSON or lacks a required field.
  public init(json text: String) throws(TextError) {
    let config = JSONField("config", try JSONValue(tokenizer: text)["config"])
    let unknown = config["oov_token"], limit = config["num_words"]
    let separator = try config["split"].string()
    guard !separator.isEmpty else { throw config["split"].error("a non-empty string") }
    let wordLimit = limit.isNull ? nil : try limit.count()
    let settings = Settings(
      wordLimit: wordLimit, filters: try config["filters"].string(), lowercases: try config["lower"].bool(),
      separator: separator, takesCharacters: try config["char_level"].bool(),
      unknownToken: unknown.isNull ? nil : try unknown.string())
    let wordCounts = try config["word_counts"].nestedCounts()
    // Python writes this field in no particular order, so look it up by word.
    let textCounts = KerasWordCounts(
      try config["word_docs"].nestedCounts().map { ($0.name, $0.count, 0) }, documentCount: 0)
    let counts = KerasWordCounts(
      wordCounts.map { ($0.name, $0.count, textCounts.count(of: $0.name)) },
      documentCount: try config["document_count"].count())
    self.init(settings, counts)
    for (word, number) in try config["word_index"].nestedCounts() where self.number(of: word).map({ Int($0) }) != number
    {
      throw config["word_index"].error("numbers that follow from the counts")
    }
  }
}

extension KerasTokenizer {
  public init(from decoder: any Decoder) throws { try self.init(json: StoredTokenizerJSON(from: decoder).json) }

  public func encode(to encoder: any Encoder) throws { try StoredTokenizerJSON(json: json).encode(to: encoder) }
}
