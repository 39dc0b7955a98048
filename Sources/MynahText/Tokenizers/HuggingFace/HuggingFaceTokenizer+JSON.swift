import MynahIO

extension HuggingFaceTokenizer {
  /// Reads a `tokenizer.json`.
  ///
  /// Truncation and padding, which apply to batches, are ignored.
  ///
  /// - Throws: `TextError` if the text is not valid JSON, or if a part of the tokenizer is not supported.
  public init(json: String) throws(TextError) {
    let root = JSONField("tokenizer", try JSONValue(tokenizer: json))
    try root.requireMembers([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
      "model",
    ])
    let field = root["model"]
    var entries = try Self.entries(field["vocab"])
    let modelCount = entries.count
    let added = try Self.addedTokens(root["added_tokens"])
    var ids: [String: Int] = [:]
    for entry in entries { ids[entry.token.precise] = entry.id }
    for token in added {
      if let id = ids[token.text.precise] {
        guard id == token.id else { throw root["added_tokens"].error("\(token.text.quoted()) with the id \(id)") }
      } else {
        ids[token.text.precise] = Int(token.id)
        entries.append((token.text, Int(token.id)))
      }
    }
    let addedIDs = Set(entries[modelCount...].map { Int32($0.id) })
    entries.sort { $0.id < $1.id }
    for (number, entry) in entries.enumerated() where entry.id != number {
      throw field["vocab"].error("the ids 0 ..< \(entries.count), each once (\(number) is missing or appears twice)")
    }
    let normalizer = root["normalizer"].isNull ? nil : try TextNormalizer(root["normalizer"])
    self.json = json
    vocabulary = try Vocabulary(tokens: entries.map(\.token))
    subwords = SubwordVocabulary(vocabulary, addedIDs: addedIDs)
    self.normalizer = normalizer
    preTokenizer = root["pre_tokenizer"].isNull ? nil : try PreTokenizer(root["pre_tokenizer"])
    decoderSteps = try DecoderSteps(root["decoder"])
    ignoredPostProcessor = try Self.ignoredPostProcessor(root["post_processor"])
    model = try SubwordModel(field, subwords)
    let normalized = added.filter(\.isNormalized).map { token in
      var token = token
      token.content = normalizer?(token.content) ?? token.content
      return token
    }
    self.added = (AddedTokens(added.filter { !$0.isNormalized }), AddedTokens(normalized))
    normalizedSpellings = Dictionary(normalized.map { ($0.id, $0.text) }, uniquingKeysWith: { $1 })
  }

  /// Returns the tokens of the model; those of a `Unigram` are pairs of a token and a score, in the order of the ids.
  private static func entries(_ field: JSONField) throws(TextError) -> [(token: String, id: Int)] {
    guard let pairs = field.value?.array else { return try field.counts().map { ($0.name, $0.count) } }
    var entries: [(token: String, id: Int)] = []
    for (id, pair) in pairs.enumerated() {
      guard let token = pair.array?.first?.string else {
        throw JSONField("\(field.name)[\(id)]", pair).error("a token and its score")
      }
      entries.append((token, id))
    }
    return entries
  }

  private static func addedTokens(_ field: JSONField) throws(TextError) -> [AddedTokens.Token] {
    guard !field.isNull else { return [] }
    var tokens: [AddedTokens.Token] = []
    for token in try field.elements() {
      try token.requireMembers(["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
      let (id, isSpecial) = (try token["id"].count(), try token["special"].bool(or: false))
      guard id <= Int32.max else { throw token["id"].error("at most \(Int32.max)") }
      tokens.append(
        AddedTokens.Token(
          content: Array(try token["content"].string().unicodeScalars), id: Int32(id),
          isSingleWord: try token["single_word"].bool(or: false),
          stripsLeft: try token["lstrip"].bool(or: false), stripsRight: try token["rstrip"].bool(or: false),
          isNormalized: try token["normalized"].bool(or: !isSpecial)))
    }
    return tokens
  }

  /// Returns the type of a post-processor that adds tokens; nil if it adds none.
  private static func ignoredPostProcessor(_ field: JSONField) throws(TextError) -> String? {
    guard !field.isNull else { return nil }
    switch field["type"].value?.string {
    case "ByteLevel": return nil
    case "TemplateProcessing": return "TemplateProcessing"
    case "BertProcessing": return "BertProcessing"
    case "RobertaProcessing": return "RobertaProcessing"
    case "Sequence":
      var names: [String] = []
      for part in try field["processors"].elements() {
        guard part["type"].value?.string != "Sequence" else { throw part.error("no nested Sequence") }
        if let name = try ignoredPostProcessor(part) { names.append(name) }
      }
      return names.isEmpty ? nil : names.joined(separator: ", ")
    default:
      throw field["type"].error(
        "'ByteLevel', 'TemplateProcessing', 'BertProcessing', 'RobertaProcessing' or 'Sequence'")
    }
  }
}

extension String {
  /// A key that compares bytes, not canonical equivalence.
  fileprivate var precise: String {
    utf8.allSatisfy { $0 < 0x80 } ? self : utf8.map { String($0, radix: 16) }.joined(separator: " ")
  }
}
