import MynahIO

extension TokenizerJSONFile {
  /// Returns the JSON of a word tokenizer; a normalizer turns line ends into words before the text is split at white
  /// space.
  static func json(of tokenizer: WordTokenizer) -> JSONValue {
    let vocabulary = tokenizer.vocabulary
    let lineEnds: JSONValue = .record([
      "type": .string("Replace"), "pattern": .record(["String": .string("\n")]), "content": .string(lineEndWord),
    ])
    let words = vocabulary.unknownID.map { vocabulary[$0] } ?? Vocabulary.unknown
    return file(
      normalizer: vocabulary.endOfSentenceID == nil ? .null : lineEnds,
      preTokenizer: .record(["type": .string("WhitespaceSplit")]),
      model: .record([
        "type": .string("WordLevel"),
        "vocab": .integers(
          vocabulary.tokens.enumerated().compactMap { id, token in
            // For a token that is listed twice, write the ID that is used.
            vocabulary.id(of: token) == Int32(id) ? (token, id) : nil
          }), "unk_token": .string(words),
      ]))
  }

  private static let lineEndWord = " " + Vocabulary.endOfSentence + " "

  static func words(_ root: JSONField) throws(TextError) -> WordTokenizer {
    let vocabulary = try vocabulary(root)
    let unknown = root["model"]["unk_token"]
    let expected = vocabulary.unknownID.map { vocabulary[$0] } ?? Vocabulary.unknown
    guard try unknown.string().utf8.elementsEqual(expected.utf8) else { throw unknown.error("\(expected.quoted())") }
    guard root["pre_tokenizer"]["type"].value?.string == "WhitespaceSplit" else {
      throw root["pre_tokenizer"]["type"].error("'WhitespaceSplit'")
    }
    try require(root["post_processor"])
    try require(root["decoder"])
    for added in try addedTokens(root) where added.name != expected && added.name != Vocabulary.endOfSentence {
      throw root["added_tokens"].error("no token besides \(expected) and \(Vocabulary.endOfSentence)")
    }
    let normalizer = root["normalizer"]
    let makesLineEnds =
      normalizer["type"].value?.string == "Replace" && normalizer["pattern"]["String"].value?.string == "\n"
      && normalizer["content"].value?.string == lineEndWord
    guard makesLineEnds == (vocabulary.endOfSentenceID != nil), makesLineEnds || normalizer.isNull else {
      throw normalizer.error(
        vocabulary.endOfSentenceID == nil
          ? "null" : "the replacement of a line end by \(lineEndWord.quoted()), since the vocabulary has that token,")
    }
    return WordTokenizer(vocabulary: vocabulary)
  }
}
