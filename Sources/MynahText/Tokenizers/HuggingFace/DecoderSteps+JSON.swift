import MynahIO

extension DecoderSteps {
  /// Reads a decoder.
  ///
  /// - Throws: `TextError.badTokenizerJSON` if it is not known.
  init(_ field: JSONField) throws(TextError) {
    steps = field.isNull ? [.spaced] : try Self.steps(field, depth: 0)
  }

  private static func steps(_ field: JSONField, depth: Int) throws(TextError) -> [DecoderStep] {
    try field.requireKnownMembers()
    switch field["type"].value?.string {
    case "Sequence":
      guard depth < 20 else { throw field.error("at most 20 nested sequences") }
      var all: [DecoderStep] = []
      for part in try field["decoders"].elements() { all += try steps(part, depth: depth + 1) }
      return all
    case "ByteLevel": return [.byteLevel]
    case "Metaspace":
      let scheme = try PreTokenizer.PrependScheme(field)
      return [.metaspace(try field["replacement"].scalar(), keepsFirst: scheme == .never)]
    case "WordPiece":
      return [.wordPiece(prefix: try field["prefix"].string(), cleansUp: try field["cleanup"].bool(or: true))]
    case "BPEDecoder": return [.bytePair(suffix: try field["suffix"].string())]
    case "ByteFallback": return [.byteFallback]
    case "Fuse": return [.fuse]
    case "Replace": return [.replace(try field["pattern"].pattern(), try field["content"].string())]
    case "Strip":
      let content = try field["content"].scalar()
      return [.strip(content, start: try field["start"].count(), stop: try field["stop"].count())]
    default:
      throw field["type"].error(
        "a decoder that is supported (Sequence, ByteLevel, Metaspace, WordPiece, BPEDecoder, ByteFallback, Fuse, "
          + "Replace, Strip)")
    }
  }
}

extension JSONField {
  /// Throws if the object has members that are not known for its type, because they might change the tokens.
  func requireKnownMembers() throws(TextError) {
    let known: [String: [String]] = [
      "Sequence": ["normalizers", "pretokenizers", "decoders"],
      "Strip": ["strip_left", "strip_right", "content", "start", "stop"], "Prepend": ["prepend"],
      "Replace": ["pattern", "content"],
      "BertNormalizer": ["clean_text", "handle_chinese_chars", "strip_accents", "lowercase"],
      "Precompiled": ["precompiled_charsmap"], "ByteLevel": ["add_prefix_space", "trim_offsets", "use_regex"],
      "Metaspace": ["replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"],
      "Punctuation": ["behavior"], "Digits": ["individual_digits"], "Split": ["pattern", "behavior", "invert"],
      "CharDelimiterSplit": ["delimiter"], "WordPiece": ["prefix", "cleanup"], "BPEDecoder": ["suffix"],
      "NFC": [], "NFD": [], "NFKC": [], "NFKD": [], "Lowercase": [], "StripAccents": [], "Nmt": [], "Whitespace": [],
      "WhitespaceSplit": [], "BertPreTokenizer": [], "ByteFallback": [], "Fuse": [],
    ]
    // An unknown type is another error.
    guard let type = self["type"].value?.string, let members = known[type] else { return }
    try requireMembers(["type"] + members)
  }

  /// Throws if the object has members other than the given ones.
  func requireMembers(_ known: [String]) throws(TextError) {
    guard let members = value?.members else { throw error("an object") }
    for member in members where !known.contains(member.name) {
      throw JSONField(name + "." + member.name.excerpt(), member.value).error("no such field")
    }
  }
}
