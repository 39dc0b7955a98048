/// JSON that is written piece by piece.
package struct JSONText {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// The text so far.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Writes text as it is.
  package mutating func raw(_ text: String) { bytes += text.utf8 }

  /// Writes a string in double quotes with the minimum of escapes.
  package mutating func string(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case 8: raw("\\b")
      case 12: raw("\\f")
      case UInt8(ascii: "\n"): raw("\\n")
      case UInt8(ascii: "\r"): raw("\\r")
      case UInt8(ascii: "\t"): raw("\\t")
      case ..<0x20: raw((byte < 16 ? "\\u000" : "\\u00") + String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes a number; null if it is not finite.
  package mutating func number(_ number: Double?) { raw(number.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null") }

  /// Writes an array.
  package mutating func array<Element>(
    _ elements: some Sequence<Element>, separator: String = ",", _ element: (inout JSONText, Element) -> Void
  ) {
    list("[", "]", elements, separator: separator, element)
  }

  /// Writes an object; `member` writes a name and its value.
  package mutating func object<Member>(
    _ members: some Sequence<Member>, separator: String = ",", _ member: (inout JSONText, Member) -> Void
  ) {
    list("{", "}", members, separator: separator, member)
  }

  private mutating func list<Element>(
    _ start: String, _ end: String, _ elements: some Sequence<Element>, separator: String,
    _ element: (inout JSONText, Element) -> Void
  ) {
    raw(start)
    for (index, value) in elements.enumerated() {
      if index > 0 { raw(separator) }
      element(&self, value)
    }
    raw(end)
  }
}
