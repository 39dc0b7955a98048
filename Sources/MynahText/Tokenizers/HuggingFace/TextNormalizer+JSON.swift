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
