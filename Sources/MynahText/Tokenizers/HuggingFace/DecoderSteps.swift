/// A step of the decoder of a `tokenizer.json`, which turns tokens into text.
enum DecoderStep: Sendable {
  /// Joins tokens with spaces, as without a decoder.
  case spaced
  case byteLevel
  case metaspace(Unicode.Scalar, keepsFirst: Bool)
  case wordPiece(prefix: String, cleansUp: Bool)
  case bytePair(suffix: String)
  case byteFallback
  case fuse
  case replace(TextPattern, String)
  case strip(Unicode.Scalar, start: Int, stop: Int)

  func callAsFunction(_ tokens: [String]) -> [String] {
    switch self {
    case .spaced: return tokens.enumerated().map { $0.offset > 0 ? " " + $0.element : $0.element }
    case .byteLevel: return [String(decoding: tokens.flatMap { ByteAlphabet.bytes(of: $0) }, as: UTF8.self)]
    case .metaspace(let blank, let keepsFirst):
      return tokens.enumerated().map { index, token in
        Self.mapped(token) { $0 != blank ? $0 : index == 0 && !keepsFirst ? nil : " " }
      }
    case .wordPiece(let prefix, let cleansUp):
      return tokens.enumerated().map { index, token in
        var token = token
        if index > 0 {
          let continues = token.unicodeScalars.starts(with: prefix.unicodeScalars)
          token =
            continues
            ? String(String.UnicodeScalarView(token.unicodeScalars.dropFirst(prefix.unicodeScalars.count)))
            : " " + token
        }
        return cleansUp ? Self.cleanups.reduce(token) { Self.replaced($0, TextPattern(literal: $1.0), $1.1) } : token
      }
    case .bytePair(let suffix):
      guard !suffix.isEmpty else { return tokens }
      let pattern = TextPattern(literal: suffix)
      return tokens.enumerated().map { Self.replaced($1, pattern, $0 + 1 < tokens.count ? " " : "") }
    case .byteFallback: return Self.joiningBytes(tokens)
    case .fuse: return [tokens.joined()]
    case .replace(let pattern, let content): return tokens.map { Self.replaced($0, pattern, content) }
    case .strip(let content, let start, let stop):
      return tokens.map { token in
        var scalars = Array(token.unicodeScalars)[...]
        for _ in 0..<start where scalars.first == content { scalars.removeFirst() }
        for _ in 0..<stop where scalars.last == content { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
      }
    }
  }

  /// Returns the byte that a token such as `<0x0A>` represents.
  static func byte(of token: String) -> UInt8? {
    let bytes = Array(token.utf8)
    guard bytes.count == 6, bytes.starts(with: "<0x".utf8), bytes[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16)
  }

  /// Joins runs of bytes; each byte of a run that is not UTF-8 becomes “\u{FFFD}”.
  private static func joiningBytes(_ tokens: [String]) -> [String] {
    var (result, run): ([String], [UInt8]) = ([], [])
    func flush() {
      guard !run.isEmpty else { return }
      result.append(String(validating: run, as: UTF8.self) ?? String(repeating: "\u{FFFD}", count: run.count))
      run = []
    }
    for token in tokens {
      if let byte = byte(of: token) {
        run.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  private static func mapped(_ token: String, _ map: (Unicode.Scalar) -> Unicode.Scalar?) -> String {
    String(String.UnicodeScalarView(token.unicodeScalars.compactMap(map)))
  }

  private static func replaced(_ token: String, _ pattern: TextPattern, _ content: String) -> String {
    String(String.UnicodeScalarView(TextNormalizer.replaced(Array(token.unicodeScalars), pattern, by: content)))
  }

  private static let cleanups = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]
}

/// The decoder of a `tokenizer.json`.
struct DecoderSteps: Sendable {
  let steps: [DecoderStep]

  func callAsFunction(_ tokens: [String]) -> String { steps.reduce(tokens) { $1($0) }.joined() }

  /// A Boolean value indicating whether tokens such as `<0x0A>` are bytes.
  var hasByteFallback: Bool { steps.contains { if case .byteFallback = $0 { true } else { false } } }

  /// A Boolean value indicating whether the tokens omit the blanks between words.
  var impliesBlanks: Bool {
    switch steps.first {
    case .spaced, .wordPiece: true
    default: false
    }
  }

  /// Returns the bytes that a token adds to a text after another token.
  func bytes(of token: String) -> [UInt8] {
    if steps.contains(where: { if case .byteLevel = $0 { true } else { false } }) {
      return ByteAlphabet.bytes(of: token)
    }
    if hasByteFallback, let byte = DecoderStep.byte(of: token) { return [byte] }
    let bytes = Array(self(["a", token]).utf8.dropFirst())
    return impliesBlanks && bytes.first == UInt8(ascii: " ") ? Array(bytes.dropFirst()) : bytes
  }
}

/// A streaming decoder of the tokens of a `tokenizer.json`.
///
/// Only the last decoded token and the tokens of an incomplete character after it are kept. They are decoded together
/// with the next token, and the text that this adds is returned.
struct TokenStream: Sendable {
  private let steps: DecoderSteps
  private let spelling: @Sendable (Int32) -> String
  private var window: [String] = []
  private var printed: [Unicode.Scalar] = []
  private var dropsBlank = false

  /// - Parameter spelling: A function that returns the string of a token.
  init(_ steps: DecoderSteps, spelling: @escaping @Sendable (Int32) -> String) {
    (self.steps, self.spelling) = (steps, spelling)
  }

  func bytes(of id: Int32) -> [UInt8] { steps.bytes(of: spelling(id)) }

  mutating func decode(_ id: Int32) -> String {
    let token = spelling(id)
    window.append(token)
    // The bytes of a character may be incomplete.
    if steps.hasByteFallback && DecoderStep.byte(of: token) != nil { return "" }
    let text = Array(steps(window).unicodeScalars)
    guard text.last != "\u{FFFD}" else { return "" }
    defer {
      window = [token]
      printed = Array(steps(window).unicodeScalars)
    }
    return difference(text)
  }

  /// Drops the blank that separates the next word from the previous one.
  mutating func dropBlank() { dropsBlank = steps.impliesBlanks }

  mutating func finish() -> String {
    defer { (window, printed) = ([], []) }
    return window.isEmpty ? "" : difference(Array(steps(window).unicodeScalars))
  }

  private mutating func difference(_ text: [Unicode.Scalar]) -> String {
    var rest = text.dropFirst(printed.count)
    if dropsBlank && rest.first == " " { rest.removeFirst() }
    dropsBlank = false
    return String(String.UnicodeScalarView(rest))
  }
}
