/// A violation of the JSON grammar, with its position.
package struct JSONDefect {
  /// The offset of the offending byte.
  package let offset: Int
  package let expected: String
  package let found: String
}

/// A strict forward-only JSON parser that builds no tree; source: RFC 8259.
///
/// The caller specifies which value it expects next, so memory is allocated only for values that are kept, even if the
/// file is malicious. Foundation's parser accepts duplicate keys and reads 1.0 as an integer; this one reports both as
/// errors.
package struct JSONScanner<Failure: Error> {
  private let bytes: [UInt8]
  private var position = 0
  private let failure: (JSONDefect) -> Failure

  /// The maximum nesting depth of arrays and objects in a value of any kind, which limits stack use.
  private static var maximumDepth: Int { 125 }

  /// Creates a scanner.
  ///
  /// - Parameters:
  ///   - bytes: The text in UTF-8, which is validated as strings are read.
  ///   - failure: Creates the caller's error from a defect.
  package init(_ bytes: [UInt8], failure: @escaping (JSONDefect) -> Failure) {
    (self.bytes, self.failure) = (bytes, failure)
  }

  // MARK: Composite values

  /// Reads an object; `member` is called with each key and must read its value.
  ///
  /// - Parameter comparingBytes: A Boolean value indicating whether to accept keys that differ only in Unicode
  ///   normalization.
  /// - Throws: The caller's error, also for a duplicate key.
  package mutating func object(
    _ what: String, comparingBytes: Bool = false,
    member: (inout JSONScanner, _ key: String) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("{", for: what)
    guard !skip("}") else { return }
    var (keys, byteKeys) = (Set<String>(), Set<[UInt8]>())
    repeat {
      skipWhitespace()
      let start = position
      let key = try string("a key in double quotes")
      guard comparingBytes ? byteKeys.insert(Array(key.utf8)).inserted : keys.insert(key).inserted else {
        throw defect(at: start, expected: "each key once in \(what)", found: "\(key.quoted()) again")
      }
      try expect(":", for: "a colon after \(key.quoted())")
      try member(&self, key)
    } while skip(",")
    try expect("}", for: "a comma or the closing brace of \(what)")
  }

  /// Reads an array; `element` is called for each element and must read its value.
  package mutating func array(
    _ what: String, element: (inout JSONScanner) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("[", for: what)
    guard !skip("]") else { return }
    repeat { try element(&self) } while skip(",")
    try expect("]", for: "a comma or the closing bracket of \(what)")
  }

  /// Reads a value of any kind.
  package mutating func value() throws(Failure) -> JSONValue { try value(depth: 0) }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    try checkDepth(depth)
    switch peek {
    case "{":
      var members: [JSONValue.Member] = []
      try object("the object", comparingBytes: true) { scanner, key throws(Failure) in
        members.append(JSONValue.Member(name: key, value: try scanner.value(depth: depth + 1)))
      }
      return .object(members)
    case "[":
      var elements: [JSONValue] = []
      try array("the array") { scanner throws(Failure) in elements.append(try scanner.value(depth: depth + 1)) }
      return .array(elements)
    case "\"": return .string(try string("a string"))
    default: return try literal()
    }
  }

  /// Skips a value of any kind without storing any part of it, not even the keys.
  package mutating func skipValue(depth: Int = 0) throws(Failure) {
    try checkDepth(depth)
    switch peek {
    case "{":
      try expect("{", for: "an object")
      guard !skip("}") else { return }
      repeat {
        _ = try string("a key in double quotes")
        try expect(":", for: "a colon")
        try skipValue(depth: depth + 1)
      } while skip(",")
      try expect("}", for: "a comma or a closing brace")
    case "[": try array("an array") { scanner throws(Failure) in try scanner.skipValue(depth: depth + 1) }
    case "\"": _ = try string("a string")
    default: _ = try literal()
    }
  }

  private mutating func checkDepth(_ depth: Int) throws(Failure) {
    skipWhitespace()
    guard depth < Self.maximumDepth || (peek != "{" && peek != "[") else {
      throw defect(expected: "at most \(Self.maximumDepth) nested values", found: "one more")
    }
  }

  /// Reads the end of the text: only white space may remain.
  package mutating func end(_ what: String) throws(Failure) {
    skipWhitespace()
    guard position == bytes.count else { throw defect(expected: what) }
  }

  // MARK: Simple values

  /// Reads `null` if it is the next value; returns a Boolean value indicating whether it was.
  package mutating func skipNull() throws(Failure) -> Bool {
    skipWhitespace()
    guard peek == "n" else { return false }
    try word("null")
    return true
  }

  /// Reads a number, `true`, `false` or `null`.
  private mutating func literal() throws(Failure) -> JSONValue {
    switch peek {
    case "t":
      try word("true")
      return .bool(true)
    case "f":
      try word("false")
      return .bool(false)
    case "n":
      try word("null")
      return .null
    default: return .number(try number("a value"))
    }
  }

  /// Reads a non-negative integer.
  package mutating func wholeNumber(_ what: String) throws(Failure) -> Int {
    skipWhitespace()
    let start = position
    let text = try number(what)
    guard text.utf8.allSatisfy({ $0 >= 0x30 }), let value = Int(text) else {
      throw defect(at: start, expected: "\(what): a whole number from 0 to \(Int.max)", found: text.excerpt())
    }
    return value
  }

  /// Reads a number in any notation and returns its text.
  private mutating func number(_ what: String) throws(Failure) -> String {
    let start = position
    if peek == "-" { position += 1 }
    let startsWithZero = peek == "0"
    let digitCount = skipDigits()
    guard digitCount > 0 else { throw defect(at: start, expected: what) }
    guard !startsWithZero || digitCount == 1 else {
      throw defect(at: start, expected: what, found: "a number with a leading zero")
    }
    if peek == "." {
      position += 1
      guard skipDigits() > 0 else { throw defect(expected: "a digit") }
    }
    if peek == "e" || peek == "E" {
      position += 1
      if peek == "+" || peek == "-" { position += 1 }
      guard skipDigits() > 0 else { throw defect(expected: "a digit") }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func word(_ word: String) throws(Failure) {
    guard bytes[position...].starts(with: word.utf8) else { throw defect(expected: "'\(word)'") }
    position += word.utf8.count
  }

  /// Reads a string in double quotes.
  package mutating func string(_ what: String) throws(Failure) -> String {
    try expect("\"", for: what)
    let start = position
    var decoded: [UInt8] = []
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        guard let string = String(validating: decoded, as: UTF8.self) else {
          throw defect(at: start, expected: "UTF-8 text", found: "invalid bytes")
        }
        position += 1
        return string
      case UInt8(ascii: "\\"):
        position += 1
        decoded.append(contentsOf: String(try escapedScalar()).utf8)
      case 0..<0x20:
        throw defect(expected: "an escape such as \\n for a control character in a string")
      case let byte:
        decoded.append(byte)
        position += 1
      }
    }
    throw defect(expected: "a closing double quote")
  }

  private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
    let start = position
    let letter = peek
    position += 1
    switch letter {
    case "\""?, "\\"?, "/"?: return letter ?? "/"
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      let high = try hexadecimalUnit()
      if let scalar = Unicode.Scalar(high) { return scalar }
      if high < 0xdc00, bytes[position...].starts(with: "\\u".utf8) {
        position += 2
        let low = try hexadecimalUnit()
        if 0xdc00..<0xe000 ~= low, let scalar = Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)) {
          return scalar
        }
      }
      throw defect(at: start, expected: "a pair of surrogates", found: "half of one")
    default: throw defect(at: start, expected: "one of \" \\ / b f n r t u after a backslash")
    }
  }

  private mutating func hexadecimalUnit() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = peek.flatMap({ Character($0).hexDigitValue }) else {
        throw defect(expected: "four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: Bytes

  /// The next byte as a Unicode scalar; only ASCII is meaningful outside of strings.
  private var peek: Unicode.Scalar? { position < bytes.count ? Unicode.Scalar(bytes[position]) : nil }

  private mutating func skipWhitespace() {
    while let next = peek, next == " " || next == "\n" || next == "\r" || next == "\t" { position += 1 }
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let next = peek, "0"..."9" ~= next { position += 1 }
    return position - start
  }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    skipWhitespace()
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ scalar: Unicode.Scalar, for what: String) throws(Failure) {
    guard skip(scalar) else { throw defect(expected: what) }
  }

  // MARK: Errors

  /// Returns the error for the byte at an offset, by default the next one.
  private func defect(at offset: Int? = nil, expected: String, found: String? = nil) -> Failure {
    let offset = offset ?? position
    return failure(JSONDefect(offset: offset, expected: expected, found: found ?? description(ofByteAt: offset)))
  }

  private func description(ofByteAt offset: Int) -> String {
    guard offset < bytes.count else { return "the end" }
    let byte = bytes[offset]
    return 0x20..<0x7f ~= byte ? "'\(Unicode.Scalar(byte))'" : "the byte 0x\(String(byte, radix: 16))"
  }
}
