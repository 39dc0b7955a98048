#if Server
/// JSON that is written piece by piece.
struct JSONText {
  private(set) var bytes: [UInt8] = []

  mutating func raw(_ text: String) { bytes += text.utf8 }

  /// Writes a string in quotes.
  mutating func string(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case UInt8(ascii: "\n"): raw("\\n")
      case ..<0x20: raw(byte < 16 ? "\\u000" + String(byte, radix: 16) : "\\u00" + String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes a number; null if it is not finite.
  mutating func number(_ number: Double?) { raw(number.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null") }

  /// Writes an array.
  mutating func array<Element>(_ elements: some Sequence<Element>, _ element: (inout JSONText, Element) -> Void) {
    raw("[")
    for (index, value) in elements.enumerated() {
      if index > 0 { raw(",") }
      element(&self, value)
    }
    raw("]")
  }
}
#endif
