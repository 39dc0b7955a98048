/// Byte-pair encoding of characters, with the options of a `tokenizer.json`.
struct SubwordMerges: Sendable {
  let merges: BytePairMerges
  let unknown: Int32?
  let fusesUnknown: Bool
  let hasByteFallback: Bool
  let ignoresMerges: Bool
  let continuingPrefix: String
  let wordSuffix: String

  /// Returns the tokens of a piece; without a token for unknown text, unknown characters are dropped.
  func encode(_ piece: [Unicode.Scalar], _ vocabulary: SubwordVocabulary) -> SubwordTokens {
    if ignoresMerges, let id = vocabulary[piece[...]] { return SubwordTokens(ids: [id]) }
    var tokens = SubwordTokens(ids: [])
    // The unknown token is appended before the next known character, but not before byte tokens, as in Hugging Face's
    // library.
    var pending: Int32?
    func flush() {
      if let id = pending { tokens.ids.append(id) }
      pending = nil
    }
    for index in piece.indices {
      let (prefix, suffix) = (index > 0 ? continuingPrefix : "", index + 1 == piece.count ? wordSuffix : "")
      if let id = vocabulary[piece[index...index], prefix: prefix, suffix: suffix] {
        flush()
        tokens.ids.append(id)
      } else if hasByteFallback, let ids = vocabulary.bytes(of: prefix + String(piece[index]) + suffix) {
        tokens.ids += ids
      } else if let unknown {
        if !fusesUnknown { flush() }
        if pending == nil { tokens.unknownCount += 1 }
        pending = unknown
      }
    }
    flush()
    tokens.ids = merges.merged(tokens.ids)
    return tokens
  }
}
