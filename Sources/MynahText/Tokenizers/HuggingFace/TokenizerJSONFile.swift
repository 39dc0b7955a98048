import MynahIO

/// The parts common to all kinds of Hugging Face's `tokenizer.json`; source: the library `tokenizers`, version 0.23.
enum TokenizerJSONFile {
  /// Returns the contents of a whole file.
  static func file(
    addedTokens: [JSONValue] = [], normalizer: JSONValue = .null, preTokenizer: JSONValue, decoder: JSONValue = .null,
    model: JSONValue
  ) -> JSONValue {
    .record([
      "version": .string("1.0"), "truncation": .null, "padding": .null, "added_tokens": .array(addedTokens),
      "normalizer": normalizer, "pre_tokenizer": preTokenizer, "post_processor": .null, "decoder": decoder,
      "model": model,
    ])
  }

  /// Returns the model's tokens and the added ones in the order of their IDs, which start at 0 and are contiguous.
  static func vocabulary(_ root: JSONField) throws(TextError) -> Vocabulary {
    let field = root["model"]["vocab"]
    var entries = try field.counts()
    for added in try addedTokens(root) {
      let isKnown = entries.contains { $0.count == added.count && $0.name.utf8.elementsEqual(added.name.utf8) }
      if !isKnown { entries.append(added) }
    }
    entries.sort { $0.count < $1.count }
    for (number, entry) in entries.enumerated() where entry.count != number {
      throw field.error("the ids 0 ..< \(entries.count), each once (\(number) is missing or appears twice)")
    }
    return try Vocabulary(tokens: entries.map(\.name))
  }

  /// Returns the added tokens and their IDs.
  static func addedTokens(_ root: JSONField) throws(TextError) -> [(name: String, count: Int)] {
    let field = root["added_tokens"]
    if field.isNull { return [] }
    guard let tokens = field.value?.array else { throw field.error("an array") }
    var result: [(name: String, count: Int)] = []
    for (index, value) in tokens.enumerated() {
      let token = JSONField("added_tokens[\(index)]", value)
      for option in ["single_word", "lstrip", "rstrip"] where token[option].value?.bool == true {
        throw token[option].error("false")
      }
      result.append((try token["content"].string(), try token["id"].count()))
    }
    return result
  }

  /// Throws if a field would change the tokens, that is, unless it is missing or of one of the given types.
  static func require(_ field: JSONField, types: [String] = []) throws(TextError) {
    guard !field.isNull else { return }
    guard let type = field["type"].value?.string, types.contains(type) else {
      throw field.error((["null"] + types.map { $0.quoted() }).joined(separator: " or "))
    }
  }
}
