/// A character map of SentencePiece (`precompiled_charsmap`), which replaces characters with strings.
///
/// The data consist of the size of a double-array trie in bytes (4 bytes, little-endian), the trie as 32-bit units, and
/// the replacements, each terminated by NUL. Source: SentencePiece's `normalizer.cc`, and Hugging Face's `Precompiled`,
/// which looks up short grapheme clusters first and uses the shortest match.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Reads a map; nil if the data are malformed.
  init?(_ data: [UInt8]) {
    guard data.count >= 4 else { return nil }
    func unit(_ offset: Int) -> UInt32 {
      data[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    let size = Int(unit(0))
    guard size >= 4, size % 4 == 0, size <= data.count - 4 else { return nil }
    units = stride(from: 4, to: size + 4, by: 4).map(unit)
    replacements = Array(data[(size + 4)...])
    guard String(validating: replacements, as: UTF8.self) != nil else { return nil }
  }

  /// Returns the replacement of the shortest prefix of a key that is in the map; nil if there is none.
  private func replacement(of key: some Sequence<UInt8>) -> String? {
    func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 0x200) >> 6)) }
    var node = offset(units[0])
    for byte in key where byte != 0 {
      node ^= Int(byte)
      guard node < units.count else { return nil }
      let unit = units[node]
      guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
      node ^= offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard node < units.count else { return nil }
      let start = Int(units[node] & 0x7FFF_FFFF)
      guard start <= replacements.count else { return nil }
      return String(decoding: replacements[start...].prefix { $0 != 0 }, as: UTF8.self)
    }
    return nil
  }

  /// Returns a text with its characters replaced.
  func replaced(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    for cluster in String(String.UnicodeScalarView(text)) {
      if cluster.utf8.count < 6, let replacement = replacement(of: cluster.utf8) {
        result += replacement.unicodeScalars
        continue
      }
      for scalar in cluster.unicodeScalars {
        if let replacement = replacement(of: String(scalar).utf8) {
          result += replacement.unicodeScalars
        } else {
          result.append(scalar)
        }
      }
    }
    return result
  }
}
