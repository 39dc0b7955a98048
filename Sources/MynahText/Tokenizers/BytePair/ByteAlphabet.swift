/// A mapping from bytes to printable characters, so that any bytes can be tokens in a vocabulary of strings.
///
/// Bytes that are printable in Latin-1 map to themselves, the others to U+0100, U+0101 … in order: a space is “Ġ”, a
/// line feed “Ċ”. Source: Radford and others, "Language models are unsupervised multitask learners", 2019 (GPT-2), and
/// Hugging Face's `ByteLevel`.
enum ByteAlphabet {
  /// The character of each byte.
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? " "
      }
    }
  }()

  /// The byte of each character, indexed by code point; nil for characters outside the alphabet.
  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 0x144)
    for (byte, character) in characters.enumerated() { bytes[Int(character.value)] = UInt8(byte) }
    return bytes
  }()

  /// Returns bytes as characters of the alphabet.
  static func string(of bytes: some Sequence<UInt8>) -> String {
    var view = String.UnicodeScalarView()
    for byte in bytes { view.append(characters[Int(byte)]) }
    return String(view)
  }

  /// Returns the bytes of a token: those of its characters, or its own UTF-8 if a character is outside the alphabet.
  static func bytes(of token: String) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else { return Array(token.utf8) }
      result.append(byte)
    }
    return result
  }
}
