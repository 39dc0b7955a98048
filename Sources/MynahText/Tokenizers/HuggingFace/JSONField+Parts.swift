import MynahIO

extension JSONField {
  /// Returns the elements of an array.
  func elements() throws(TextError) -> [JSONField] {
    guard let elements = value?.array else { throw error("an array") }
    return elements.enumerated().map { JSONField("\(name)[\($0.offset)]", $0.element) }
  }

  /// Returns the Boolean value, or a default if the field is missing or null.
  func bool(or standard: Bool) throws(TextError) -> Bool { isNull ? standard : try bool() }

  /// Returns the string, or nil if the field is missing or null.
  func optionalString() throws(TextError) -> String? { isNull ? nil : try string() }

  /// Returns a string of a single character.
  func scalar() throws(TextError) -> Unicode.Scalar {
    let scalars = try string().unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else { throw error("a single character") }
    return scalar
  }

  /// Returns a pattern, which is `{"String": …}` or `{"Regex": …}`.
  func pattern() throws(TextError) -> TextPattern {
    if let literal = self["String"].value?.string {
      guard !literal.isEmpty else { throw self["String"].error("a non-empty string") }
      return TextPattern(literal: literal)
    }
    var parser = TextPatternParser(try self["Regex"].string(), part: name + ".Regex")
    return try parser.parse()
  }
}

extension JSONField {
  /// Throws if the object has members that are not known for its type, because they might change the tokens.
  func requireKnownMembers() throws(TextError) {
    // An unknown type is reported elsewhere, with a different error.
    guard let type = self["type"].value?.string, let members = Self.knownMembers[type] else { return }
    try requireMembers(["type"] + members)
  }

  /// The members of the objects of each type, besides the type.
  private static let knownMembers: [String: [String]] = [
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

  /// Throws if the object has members other than the given ones.
  func requireMembers(_ known: [String]) throws(TextError) {
    guard let members = value?.members else { throw error("an object") }
    for member in members where !known.contains(member.name) {
      throw JSONField(name + "." + member.name.excerpt(), member.value).error("no such field")
    }
  }
}
