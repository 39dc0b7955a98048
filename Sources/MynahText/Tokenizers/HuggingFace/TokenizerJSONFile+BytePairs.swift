import MynahIO

extension TokenizerJSONFile {
  static func json(of tokenizer: BytePairTokenizer) -> JSONValue {
    let vocabulary = tokenizer.vocabulary
    let added = tokenizer.specialTokens.map { token in
      JSONValue.record([
        "id": .integer(vocabulary.id(of: token) ?? 0), "content": .string(token), "single_word": .bool(false),
        "lstrip": .bool(false), "rstrip": .bool(false), "normalized": .bool(false), "special": .bool(true),
      ])
    }
    return file(
      addedTokens: added, preTokenizer: byteLevel(addsPrefixSpace: tokenizer.addsLeadingSpace),
      decoder: byteLevel(addsPrefixSpace: true),
      model: .record([
        "type": .string("BPE"), "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
        "end_of_word_suffix": .null, "fuse_unk": .bool(false), "byte_fallback": .bool(false),
        "ignore_merges": .bool(false),
        "vocab": .integers(vocabulary.tokens.enumerated().map { ($0.element, $0.offset) }),
        "merges": .array(tokenizer.mergeLines.map { .string($0) }),
      ]))
  }

  private static func byteLevel(addsPrefixSpace: Bool) -> JSONValue {
    .record([
      "type": .string("ByteLevel"), "add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": .bool(true),
      "use_regex": .bool(true),
    ])
  }

  static func bytePairs(_ root: JSONField) throws(TextError) -> BytePairTokenizer {
    let (model, preTokenizer) = (root["model"], root["pre_tokenizer"])
    try require(root["normalizer"])
    guard preTokenizer["type"].value?.string == "ByteLevel" else { throw preTokenizer["type"].error("'ByteLevel'") }
    guard preTokenizer["use_regex"].value?.bool != false else { throw preTokenizer["use_regex"].error("true") }
    // A post-processor of this type only adjusts offsets.
    try require(root["post_processor"], types: ["ByteLevel"])
    try require(root["decoder"], types: ["ByteLevel"])
    for part in ["byte_fallback", "ignore_merges"] where model[part].value?.bool == true {
      throw model[part].error("false")
    }
    guard model["dropout"].isNull || model["dropout"].value?.integer == 0 else { throw model["dropout"].error("null") }
    for part in ["continuing_subword_prefix", "end_of_word_suffix"] where !model[part].isNull {
      guard try model[part].string().isEmpty else { throw model[part].error("null") }
    }
    let tokenizer = try BytePairTokenizer(
      vocabulary: vocabulary(root), merges: merges(model["merges"]), specialTokens: addedTokens(root).map(\.name),
      addsLeadingSpace: preTokenizer["add_prefix_space"].value?.bool ?? false)
    guard !tokenizer.byteIDs.contains(-1) else { throw model["vocab"].error("a token for each of the 256 bytes") }
    return tokenizer
  }

  /// Returns the merges, which are arrays of two tokens or, in older files, strings with the two separated by a space.
  static func merges(_ field: JSONField) throws(TextError) -> [(left: String, right: String)] {
    guard let lines = field.value?.array else { throw field.error("an array") }
    var merges: [(left: String, right: String)] = []
    for (index, line) in lines.enumerated() {
      if let pair = line.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
        merges.append((left, right))
      } else if let line = line.string {
        merges.append(try BytePairTokenizer.merge(in: line, index: index))
      } else {
        throw JSONField("merges[\(index)]", line).error("two tokens")
      }
    }
    return merges
  }
}
