/// Reads JSON texts; source: RFC 8259.
struct JSONParser {
  /// How deep arrays and objects may stand in each other.
  private static let deepest = 64

  private let bytes: [UInt8]
  private var offset = 0

  /// The value of a JSON text.
  ///
  /// - Throws: `TextError.badJSON` where the text is none.
  static func value(of text: String) throws(TextError) -> JSONValue {
    var parser = JSONParser(bytes: Array(text.utf8))
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.offset == parser.bytes.count else { throw parser.expected("the text's end") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func expected(_ what: String) -> TextError { .badJSON(offset: offset, expected: what) }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
  }

  /// Goes past a byte if it is the next one behind white space.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func require(_ character: Unicode.Scalar) throws(TextError) {
    guard take(character) else { throw expected("“\(character)”") }
  }

  private mutating func value(depth: Int) throws(TextError) -> JSONValue {
    guard depth <= Self.deepest else { throw expected("at most \(Self.deepest) arrays and objects in each other") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(TextError) -> JSONValue {
    guard bytes[offset...].starts(with: word.utf8) else { throw expected(word) }
    offset += word.utf8.count
    return value
  }

  private mutating func number() throws(TextError) -> String {
    let start = offset
    while let byte = next, (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte) { offset += 1 }
    let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard Double(digits) != nil else {
      offset = start
      throw expected("a value")
    }
    return digits
  }

  private mutating func array(depth: Int) throws(TextError) -> [JSONValue] {
    try require("[")
    var elements: [JSONValue] = []
    if take("]") { return elements }
    repeat { elements.append(try value(depth: depth)) } while take(",")
    try require("]")
    return elements
  }

  private mutating func object(depth: Int) throws(TextError) -> [JSONValue.Member] {
    try require("{")
    var members: [JSONValue.Member] = []
    if take("}") { return members }
    repeat {
      skipSpace()
      let name = try string()
      try require(":")
      members.append(JSONValue.Member(name: name, value: try value(depth: depth)))
    } while take(",")
    try require("}")
    return members
  }

  private mutating func string() throws(TextError) -> String {
    guard next == UInt8(ascii: "\"") else { throw expected("a string") }
    offset += 1
    var content: [UInt8] = []
    while let byte = next {
      guard byte >= 0x20 else { throw expected("an escape for a control character") }
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"): try appendEscape(to: &content)
      default: content.append(byte)
      }
    }
    throw expected("a string's end")
  }

  private mutating func appendEscape(to content: inout [UInt8]) throws(TextError) {
    guard let letter = next else { throw expected("an escape") }
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content += String(Character(try escapedScalar())).utf8
    default:
      offset -= 1
      throw expected("an escape")
    }
  }

  /// The scalar of one `\uXXXX` or a surrogate pair of two; the first `\u` is past.
  private mutating func escapedScalar() throws(TextError) -> Unicode.Scalar {
    let high = try hexadecimal()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, bytes[offset...].starts(with: "\\u".utf8) else { throw expected("a pair of surrogates") }
    offset += 2
    let low = try hexadecimal()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw expected("the second of two surrogates") }
    return scalar
  }

  private mutating func hexadecimal() throws(TextError) -> UInt32 {
    let end = offset + 4
    guard end <= bytes.count,
      let number = UInt32(String(decoding: bytes[offset..<end], as: UTF8.self), radix: 16),
      bytes[offset] != UInt8(ascii: "+")
    else { throw expected("four hexadecimal digits") }
    offset = end
    return number
  }
}
