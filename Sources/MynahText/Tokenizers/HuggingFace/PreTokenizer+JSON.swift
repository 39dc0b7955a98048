import MynahIO

extension PreTokenizer {
  /// Reads a pre-tokenizer.
  ///
  /// - Throws: `TextError.badTokenizerJSON` if it is not known.
  init(_ field: JSONField) throws(TextError) {
    try field.requireKnownMembers()
    switch field["type"].value?.string {
    case "Sequence":
      var parts: [PreTokenizer] = []
      for part in try field["pretokenizers"].elements() { parts.append(try PreTokenizer(part)) }
      self = .sequence(parts)
    case "Whitespace": self = .whitespace
    case "WhitespaceSplit": self = .whitespaceSplit
    case "ByteLevel":
      self = .byteLevel(
        addsPrefixSpace: try field["add_prefix_space"].bool(or: true), splits: try field["use_regex"].bool(or: true))
    case "Metaspace":
      self = .metaspace(
        try field["replacement"].scalar(), try PrependScheme(field), splits: try field["split"].bool(or: true))
    case "BertPreTokenizer": self = .bert
    case "Punctuation": self = .punctuation(try SplitBehavior(field["behavior"], or: .isolated))
    case "Digits": self = .digits(individual: try field["individual_digits"].bool(or: false))
    case "Split":
      self = .split(
        try field["pattern"].pattern(), try SplitBehavior(field["behavior"], or: nil),
        inverts: try field["invert"].bool(or: false))
    case "CharDelimiterSplit": self = .delimiter(try field["delimiter"].scalar())
    default:
      throw field["type"].error(
        "a pre-tokenizer that is supported (Sequence, Whitespace, WhitespaceSplit, ByteLevel, Metaspace, "
          + "BertPreTokenizer, Punctuation, Digits, Split, CharDelimiterSplit)")
    }
  }
}

extension PreTokenizer.PrependScheme {
  /// Reads the scheme of a `Metaspace`; old files have `add_prefix_space` instead.
  init(_ field: JSONField) throws(TextError) {
    let scheme = field["prepend_scheme"]
    guard !scheme.isNull else {
      self = try field["add_prefix_space"].bool(or: true) ? .always : .never
      return
    }
    guard let known = PreTokenizer.PrependScheme(rawValue: try scheme.string()) else {
      throw scheme.error("'always', 'never' or 'first'")
    }
    self = known
  }
}

extension SplitBehavior {
  init(_ field: JSONField, or standard: SplitBehavior?) throws(TextError) {
    if field.isNull, let standard {
      self = standard
      return
    }
    guard let known = SplitBehavior(rawValue: try field.string()) else {
      throw field.error("'Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext' or 'Contiguous'")
    }
    self = known
  }
}
