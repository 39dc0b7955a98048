/// A token of a text with its position.
public struct TextToken: Hashable, Sendable {
  /// The context of a token after a state reset.
  public enum Beginning: Hashable, Sendable {
    /// One token, which is read from the zero state.
    case after(Int32)
    /// None: the token itself is context only.
    case ofNothing
  }

  /// The token's ID in the vocabulary.
  public let id: Int32
  /// The number of the line in which the token starts.
  public let line: Int
  /// The context to which the state is reset before the token; nil if the token continues the previous one.
  public let beginning: Beginning?

  /// Creates a token.
  public init(id: Int32, line: Int = 1, beginning: Beginning? = nil) {
    (self.id, self.line, self.beginning) = (id, line, beginning)
  }
}

/// A tokenizer for text that arrives line by line; with any tokenizer, the tokens are the same as for the whole text.
///
/// If tokens may span line ends, as byte pairs do, the end of a line is held back until the following text is known.
/// Memory use is bounded by the longest line and the longest run of white space.
///
/// ```swift
/// var text = TextTokens(tokenizer)
/// for (index, line) in lines.enumerated() { tokens += try text.append(line, number: index + 1) }
/// tokens += try text.finish()
/// ```
public struct TextTokens: Sendable {
  private enum Method: Sendable {
    /// No token spans a line end.
    case lines
    case bytePairs(BytePairEncoder)
    /// Tokens may span line ends, so the text is encoded as a whole when it ends.
    case whole
  }

  private let tokenizer: AnyTokenizer
  private let policy: StatePolicy
  private let startID: Int32?
  private var method: Method
  /// The appended bytes that have not been tokenized yet.
  private var held: [UInt8] = []
  /// The lines of the held bytes and their start offsets, which are negative if the beginning of a line has already
  /// been tokenized.
  private var lines: [(start: Int, number: Int)] = []
  /// The last token; nil before the first token of a text.
  private var last: Int32?
  private var isAtStart: Bool
  /// The number of predictions since the last state reset.
  private var predictionCount = 0
  /// The number of tokens so far that are not in the vocabulary.
  public private(set) var unknownCount = 0
  /// The number of Unicode scalars so far, including line ends.
  public private(set) var characterCount = 0

  /// Starts a text.
  ///
  /// - Parameters:
  ///   - policy: The positions at which the state is reset; the texts between them are tokenized separately.
  ///   - isContinuation: A Boolean value indicating whether the text continues another one, whose state is carried.
  public init(_ tokenizer: AnyTokenizer, policy: StatePolicy = .carry, isContinuation: Bool = false) {
    (self.tokenizer, self.policy, startID) = (tokenizer, policy, tokenizer.textStartID)
    isAtStart = !isContinuation
    method =
      switch tokenizer {
      case .word, .character, .bytes, .wordsAndPunctuation: .lines
      case .bytePair(let tokenizer): .bytePairs(BytePairEncoder(tokenizer, isContinuation: isContinuation))
      case .kerasWord(let tokenizer): tokenizer.endsWords(at: ["\n"]) ? .lines : .whole
      case .huggingFace: .whole
      }
  }

  /// Returns the tokens of a whole text.
  ///
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public static func tokens(
    of text: String, _ tokenizer: AnyTokenizer, policy: StatePolicy = .carry
  ) throws -> [TextToken] {
    var (result, reader) = ([TextToken](), TextTokens(tokenizer, policy: policy))
    try reader.append(wholeText: text) { tokens, _ in result += tokens }
    return result
  }

  /// Appends a whole text, ends it, and calls `body` with its tokens, a piece at a time.
  ///
  /// - Parameters:
  ///   - length: The maximum number of tokens in a piece.
  ///   - body: Called with the tokens of a piece, and the share of the text that ends with them.
  /// - Throws: An error thrown by `body`, or `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  package mutating func append(
    wholeText text: String, inPiecesOf length: Int = 1 << 14, _ body: ([TextToken], _ share: Double) throws -> Void
  ) throws {
    var (rest, number, tokens, done) = (text.utf8[...], 0, [TextToken](), 0.0)
    func passTokens(upTo share: Double) throws {
      for start in stride(from: 0, to: tokens.count, by: length) {
        let end = min(start + length, tokens.count)
        try body(Array(tokens[start..<end]), done + (share - done) * Double(end) / Double(tokens.count))
      }
      (tokens, done) = ([], share)
    }
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      number += 1
      tokens += try append(String(Substring(rest[..<(end ?? rest.endIndex)])), number: number, isEnded: end != nil)
      rest = end.map { rest[rest.index(after: $0)...] } ?? rest[rest.endIndex...]
      if tokens.count >= length { try passTokens(upTo: 1 - Double(rest.count) / Double(text.utf8.count)) }
    }
    tokens += try finish()
    try passTokens(upTo: 1)
  }

  /// The line of the next token, if part of it has been appended; all earlier lines have been tokenized.
  public var heldLine: Int? { held.isEmpty ? nil : lines.first?.number }

  /// Appends a line and returns the tokens that do not depend on the following text.
  ///
  /// - Parameters:
  ///   - line: The line without its line end.
  ///   - number: The line number, higher than all previous ones.
  ///   - isEnded: A Boolean value indicating whether a line end follows; the last line of a text may have none.
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`; the line is then not appended.
  public mutating func append(_ line: String, number: Int, isEnded: Bool = true) throws(TextError) -> [TextToken] {
    let text = isEnded ? line + "\n" : line
    var tokens: [TextToken] = []
    switch method {
    case .lines:
      let encoded = try tokenizer.encode(text, line: number)
      unknownCount += encoded.unknownCount
      tokens = encoded.ids.map { token($0, line: number) }
    case .bytePairs:
      if case .bytePair(let tokenizer) = tokenizer, let byte = tokenizer.firstUnknownByte(in: Array(text.utf8)) {
        let bytes = Array(text.utf8)
        throw TextError.unknownToken(in: bytes, byte..<byte + 1).inLine(number)
      }
      hold(text, number)
      tokens = try takeCertain()
    case .whole: hold(text, number)
    }
    characterCount += text.unicodeScalars.count
    if policy.endsText(behind: line) { tokens += try finish() }
    return tokens
  }

  /// Ends the text and returns its last tokens; the next line appended starts a new text.
  public mutating func finish() throws(TextError) -> [TextToken] {
    var tokens: [TextToken] = []
    if case .whole = method, let first = lines.first?.number {
      let encoded = try tokenizer.encode(String(decoding: held, as: UTF8.self))
      unknownCount += encoded.unknownCount
      tokens = encoded.ids.map { token($0, line: first) }
    } else {
      tokens = try take(held.count)
    }
    (held, lines, last, isAtStart) = ([], [], nil, true)
    if case .bytePairs(var encoder) = method {
      encoder.beginText()
      method = .bytePairs(encoder)
    }
    return tokens
  }

  private mutating func hold(_ text: String, _ number: Int) {
    lines.append((held.count, number))
    held += text.utf8
  }

  private mutating func takeCertain() throws(TextError) -> [TextToken] {
    guard case .bytePairs(let encoder) = method else { return [] }
    return try take(encoder.certainCount(of: held))
  }

  /// Tokenizes the first `count` held bytes.
  private mutating func take(_ count: Int) throws(TextError) -> [TextToken] {
    guard count > 0, case .bytePairs(var encoder) = method else { return [] }
    method = .whole  // so that the encoder's table has one owner
    defer { method = .bytePairs(encoder) }
    var (tokens, place) = ([TextToken](), 0)
    try encoder.encode(Array(held[..<count])) { id, start in
      while place + 1 < lines.count && lines[place + 1].start <= start { place += 1 }
      tokens.append(token(id, line: lines[place].number))
    }
    held.removeFirst(count)
    let next = lines.lastIndex { $0.start <= count } ?? 0
    lines = lines[next...].map { ($0.start - count, $0.number) }
    return tokens
  }

  private mutating func token(_ id: Int32, line: Int) -> TextToken {
    var beginning: TextToken.Beginning?
    if isAtStart {
      beginning = startID.map { .after($0) } ?? .ofNothing
      predictionCount = startID == nil ? 0 : 1
    } else if case .windows(length: predictionCount) = policy, let last {
      beginning = .after(last)
      predictionCount = 1
    } else {
      predictionCount += 1
    }
    (last, isAtStart) = (id, false)
    return TextToken(id: id, line: line, beginning: beginning)
  }
}

extension Tokenizer {
  /// Encodes a line of a text, with its line number in errors.
  fileprivate func encode(_ text: String, line: Int) throws(TextError) -> EncodedText {
    do throws(TextError) {
      return try encode(text)
    } catch {
      throw error.inLine(line)
    }
  }
}

extension TextError {
  /// Returns the error with another line number, for an error found while encoding a single line.
  fileprivate func inLine(_ number: Int) -> TextError {
    guard case .unknownToken(let token, _, let column) = self else { return self }
    return .unknownToken(token, line: number, column: column)
  }
}
