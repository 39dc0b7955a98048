import MynahIO

extension SubwordModel {
  /// Reads the model of a `tokenizer.json`.
  ///
  /// - Throws: `TextError` if it is not supported or inconsistent.
  init(_ field: JSONField, _ vocabulary: SubwordVocabulary) throws(TextError) {
    func unknown(_ name: String = "unk_token", or standard: String? = nil) throws(TextError) -> Int32? {
      try (field[name].optionalString() ?? standard).flatMap { vocabulary[$0] }
    }
    let type = field["type"]
    // Old files omit the type of the model.
    let guess = !field["merges"].isNull ? "BPE" : field["vocab"].value?.array != nil ? "Unigram" : ""
    switch type.isNull ? guess : try type.string() {
    case "WordLevel":
      try field.requireMembers(["type", "vocab", "unk_token"])
      self = .words(unknown: try unknown(or: "<unk>"))
    case "WordPiece":
      try field.requireMembers(["type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"])
      let longest = field["max_input_chars_per_word"]
      self = .wordPiece(
        prefix: try field["continuing_subword_prefix"].optionalString() ?? "##",
        longest: longest.isNull ? 100 : try longest.count(), unknown: try unknown(or: "[UNK]"))
    case "BPE":
      try field.requireMembers([
        "type", "vocab", "merges", "unk_token", "dropout", "continuing_subword_prefix", "end_of_word_suffix",
        "fuse_unk", "byte_fallback", "ignore_merges",
      ])
      self = .bytePairs(try Self.merges(field, vocabulary, unknown: unknown()))
    case "Unigram":
      try field.requireMembers(["type", "vocab", "unk_id", "byte_fallback"])
      self = .unigram(try Self.unigram(field))
    default: throw type.error("'WordLevel', 'BPE', 'WordPiece' or 'Unigram'")
    }
  }

  private static func merges(
    _ field: JSONField, _ vocabulary: SubwordVocabulary, unknown: Int32?
  ) throws(TextError) -> SubwordMerges {
    let dropout = field["dropout"]
    guard dropout.isNull || dropout.value?.number == 0 else { throw dropout.error("null or 0") }
    let prefix = try field["continuing_subword_prefix"].optionalString() ?? ""
    var pairs: [(pair: TokenPair, result: Int32)] = []
    for (index, merge) in try TokenizerJSONFile.merges(field["merges"]).enumerated() {
      let joined = merge.left + String(decoding: merge.right.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
      guard let left = vocabulary[merge.left], let right = vocabulary[merge.right], let result = vocabulary[joined]
      else { throw .badMerge(left: merge.left, right: merge.right, index: index) }
      pairs.append((TokenPair(left, right), result))
    }
    return SubwordMerges(
      merges: BytePairMerges(pairs), unknown: unknown, fusesUnknown: try field["fuse_unk"].bool(or: false),
      hasByteFallback: try field["byte_fallback"].bool(or: false),
      ignoresMerges: try field["ignore_merges"].bool(or: false), continuingPrefix: prefix,
      wordSuffix: try field["end_of_word_suffix"].optionalString() ?? "")
  }

  private static func unigram(_ field: JSONField) throws(TextError) -> UnigramModel {
    var (scores, longest): ([Double], Int) = ([], 0)
    for entry in try field["vocab"].elements() {
      guard let pair = entry.value?.array, pair.count == 2, let token = pair[0].string, let score = pair[1].number
      else { throw entry.error("a token and its score") }
      scores.append(score)
      longest = max(longest, token.unicodeScalars.count)
    }
    let unknown = field["unk_id"]
    let id = unknown.isNull ? nil : try unknown.count()
    if let id, id >= scores.count { throw unknown.error("an id below \(scores.count)") }
    return UnigramModel(
      scores: scores, longest: longest, unknown: id.map { Int32($0) },
      hasByteFallback: try field["byte_fallback"].bool(or: false))
  }
}
