/// Reads the JSON of a header from front to back, strictly and without building a tree.
///
/// Foundation's parser would hide duplicate keys and take 1.0 for a whole number; both are errors in this format. The
/// caller says what it expects next, so memory is taken only for what is kept, whatever a hostile file holds.
struct HeaderScanner {
  private let path: String
  private let bytes: [UInt8]
  private var position = 0

  /// The first bytes of a file hold the header's length; offsets in errors count from the file's start.
  static let lengthByteCount = 8

  /// How deep arrays and objects that nobody asked for may nest, which bounds the stack; as the format's own reader.
  private static let greatestDepth = 125

  init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  // MARK: Composite values

  /// Reads an object; `member` is handed each key and must read its value.
  ///
  /// - Throws: `CheckpointError.malformedHeader` also for a key that occurs twice.
  mutating func object(
    _ what: String, member: (inout HeaderScanner, _ key: String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try expect("{", for: what)
    guard !skip("}") else { return }
    var keys = Set<String>()
    repeat {
      skipWhitespace()
      let start = position
      let key = try string("a key in double quotes")
      guard keys.insert(key).inserted else {
        throw malformed(at: start, expected: "each key once in \(what)", found: "'\(key)' again")
      }
      try expect(":", for: "a colon after '\(key)'")
      try member(&self, key)
    } while skip(",")
    try expect("}", for: "a comma or the closing brace of \(what)")
  }

  /// Reads an array; `element` must read one value.
  mutating func array(
    _ what: String, element: (inout HeaderScanner) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try expect("[", for: what)
    guard !skip("]") else { return }
    repeat { try element(&self) } while skip(",")
    try expect("]", for: "a comma or the closing bracket of \(what)")
  }

  /// Reads past a value of any kind.
  mutating func anyValue(depth: Int = 0) throws(CheckpointError) {
    skipWhitespace()
    guard depth < Self.greatestDepth || (peek != "{" && peek != "[") else {
      throw malformed(expected: "at most \(Self.greatestDepth) nested values", found: "one more")
    }
    switch peek {
    case "{":
      try expect("{", for: "an object")
      guard !skip("}") else { return }
      repeat {
        skipWhitespace()
        _ = try string("a key in double quotes")
        try expect(":", for: "a colon")
        try anyValue(depth: depth + 1)
      } while skip(",")
      try expect("}", for: "a comma or a closing brace")
    case "[": try array("an array") { scanner throws(CheckpointError) in try scanner.anyValue(depth: depth + 1) }
    case "\"": _ = try string("a string")
    case "t": try word("true")
    case "f": try word("false")
    case "n": try word("null")
    default: try number()
    }
  }

  /// Reads the end: nothing but white space may be left.
  mutating func end() throws(CheckpointError) {
    skipWhitespace()
    guard position == bytes.count else { throw malformed(expected: "nothing but spaces after the header's object") }
  }

  // MARK: Simple values

  /// Reads `null` if it stands here.
  mutating func skipNull() throws(CheckpointError) -> Bool {
    skipWhitespace()
    guard peek == "n" else { return false }
    try word("null")
    return true
  }

  /// Reads a whole number of 0 or more.
  mutating func wholeNumber(_ what: String) throws(CheckpointError) -> Int {
    skipWhitespace()
    let start = position
    try number(what)
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard text.utf8.allSatisfy({ $0 >= 0x30 }), let value = Int(text) else {
      throw malformed(at: start, expected: "\(what): a whole number from 0 to \(Int.max)", found: text.excerpt())
    }
    return value
  }

  /// Reads a number of any form.
  private mutating func number(_ what: String = "a value") throws(CheckpointError) {
    let start = position
    if peek == "-" { position += 1 }
    let startsWithZero = peek == "0"
    let digitCount = skipDigits()
    guard digitCount > 0 else { throw malformed(at: start, expected: what) }
    guard !startsWithZero || digitCount == 1 else {
      throw malformed(at: start, expected: what, found: "a number with a leading zero")
    }
    if peek == "." {
      position += 1
      guard skipDigits() > 0 else { throw malformed(expected: "a digit") }
    }
    if peek == "e" || peek == "E" {
      position += 1
      if peek == "+" || peek == "-" { position += 1 }
      guard skipDigits() > 0 else { throw malformed(expected: "a digit") }
    }
  }

  private mutating func word(_ word: StaticString) throws(CheckpointError) {
    for character in "\(word)".unicodeScalars {
      guard peek == character else { throw malformed(expected: "'\(word)'") }
      position += 1
    }
  }

  /// Reads a string in double quotes.
  mutating func string(_ what: String) throws(CheckpointError) -> String {
    try expect("\"", for: what)
    let start = position
    var decoded: [UInt8] = []
    while let byte = position < bytes.count ? bytes[position] : nil {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: decoded, as: UTF8.self) else {
          throw malformed(at: start, expected: "UTF-8 text", found: "bytes that are none")
        }
        position += 1
        return string
      case UInt8(ascii: "\\"):
        position += 1
        decoded.append(contentsOf: String(try escapedScalar()).utf8)
      case 0..<0x20:
        throw malformed(expected: "an escape such as \\n for a control character in a string")
      default:
        decoded.append(byte)
        position += 1
      }
    }
    throw malformed(expected: "a closing double quote")
  }

  private mutating func escapedScalar() throws(CheckpointError) -> Unicode.Scalar {
    let start = position
    guard let letter = peek else { throw malformed(expected: "the rest of an escape") }
    position += 1
    switch letter {
    case "\"", "\\", "/": return letter
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      let high = try hexadecimalUnit()
      if let scalar = Unicode.Scalar(high) { return scalar }
      if high < 0xdc00, peek == "\\" {
        position += 1
        if peek == "u" {
          position += 1
          let low = try hexadecimalUnit()
          if 0xdc00..<0xe000 ~= low, let scalar = Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)) {
            return scalar
          }
        }
      }
      throw malformed(at: start, expected: "a pair of surrogates", found: "half of one")
    default: throw malformed(at: start, expected: "one of \" \\ / b f n r t u after a backslash")
    }
  }

  private mutating func hexadecimalUnit() throws(CheckpointError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = peek.flatMap({ Character($0).hexDigitValue }), peek?.isASCII == true else {
        throw malformed(expected: "four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: Bytes

  /// The byte that stands here as a scalar of the same number; only ASCII has a meaning outside of strings.
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

  private mutating func expect(_ scalar: Unicode.Scalar, for what: String) throws(CheckpointError) {
    guard skip(scalar) else { throw malformed(expected: what) }
  }

  // MARK: Errors

  /// The error for what stands at a position, by default this one.
  func malformed(at position: Int? = nil, expected: String, found: String? = nil) -> CheckpointError {
    let position = position ?? self.position
    return .malformedHeader(
      path: path, byteOffset: Self.lengthByteCount + position, expected: expected,
      found: found ?? description(ofByteAt: position))
  }

  private func description(ofByteAt position: Int) -> String {
    guard position < bytes.count else { return "the header's end" }
    let byte = bytes[position]
    return 0x20..<0x7f ~= byte ? "'\(Unicode.Scalar(byte))'" : "the byte 0x\(String(byte, radix: 16))"
  }
}
