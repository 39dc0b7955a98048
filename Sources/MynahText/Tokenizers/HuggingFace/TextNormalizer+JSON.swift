import Foundation
import MynahIO

extension TextNormalizer {
  /// Reads a normalizer.
  ///
  /// - Throws: `TextError.badTokenizerJSON` if it is not known.
  init(_ field: JSONField) throws(TextError) {
    try field.requireKnownMembers()
    switch field["type"].value?.string {
    case "Sequence":
      var parts: [TextNormalizer] = []
      for part in try field["normalizers"].elements() { parts.append(try TextNormalizer(part)) }
      self = .sequence(parts)
    case "NFC": self = .composed(isCompatible: false)
    case "NFKC": self = .composed(isCompatible: true)
    case "NFD": self = .decomposed(isCompatible: false)
    case "NFKD": self = .decomposed(isCompatible: true)
    case "Lowercase": self = .lowercase
    case "Strip":
      self = .strip(left: try field["strip_left"].bool(or: true), right: try field["strip_right"].bool(or: true))
    case "StripAccents": self = .stripAccents
    case "Prepend": self = .prepend(try field["prepend"].string())
    case "Replace": self = .replace(try field["pattern"].pattern(), try field["content"].string())
    case "BertNormalizer":
      let lowercases = try field["lowercase"].bool(or: true)
      self = .bert(
        cleans: try field["clean_text"].bool(or: true),
        spacesChinese: try field["handle_chinese_chars"].bool(or: true),
        stripsAccents: try field["strip_accents"].bool(or: lowercases), lowercases: lowercases)
    case "Precompiled":
      let encoded = field["precompiled_charsmap"]
      guard let data = Data(base64Encoded: try encoded.string()), let map = CharacterMap(Array(data)) else {
        throw encoded.error("a character map in Base64")
      }
      self = .characterMap(map)
    case "Nmt": self = .nmt
    case "ByteLevel": self = .byteLevel
    default:
      throw field["type"].error(
        "a normalizer that is supported (Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend, "
          + "Replace, BertNormalizer, Precompiled, Nmt, ByteLevel)")
    }
  }
}

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
      guard !literal.isEmpty else { throw self["String"].error("a string that is not empty") }
      return TextPattern(literal: literal)
    }
    var parser = TextPatternParser(try self["Regex"].string(), part: name + ".Regex")
    return try parser.parse()
  }
}
