/// A streaming decoder from tokens to text.
///
/// The bytes of an incomplete character are held back until it is complete.
public struct TokenDecoder: Sendable {
  private let bytes: @Sendable (Int32) -> ArraySlice<UInt8>
  /// The separator between two tokens of a line.
  private let separator: String
  /// The tokenizer whose tokens determine whether a separator precedes them; nil if a separator precedes every token.
  private var spacing: PunctuationTokenizer?
  private var lastID: Int32?
  /// The token that is decoded as a line end.
  private let lineEndID: Int32?
  private var isAtLineStart = true
  private var held: [UInt8] = []
  /// The decoder of a `tokenizer.json`, which replaces all of the above.
  private var stream: TokenStream?

  init(_ vocabulary: Vocabulary, separator: String, lineEndID: Int32?) {
    self.init(separator: separator, lineEndID: lineEndID) { vocabulary.bytes(of: $0) }
  }

  /// - Parameter bytes: A function that returns the bytes of a token, which may be parts of characters.
  init(separator: String = "", lineEndID: Int32? = nil, bytes: @escaping @Sendable (Int32) -> ArraySlice<UInt8>) {
    self.separator = separator
    self.lineEndID = lineEndID
    self.bytes = bytes
  }

  init(_ stream: TokenStream) {
    self.init { _ in [] }
    self.stream = stream
  }

  init(_ tokenizer: PunctuationTokenizer) {
    let (tokens, vocabulary) = (tokenizer.tokens, tokenizer.vocabulary)
    self.init(separator: " ", lineEndID: vocabulary.endOfSentenceID) { id in
      tokens[Int(id)].map { Array(String($0.core).utf8)[...] } ?? vocabulary.bytes(of: id)
    }
    spacing = tokenizer
  }

  /// Returns a Boolean value indicating whether the separator precedes a token that is not at the start of a line.
  private func isSeparated(_ id: Int32) -> Bool {
    guard let tokens = spacing?.tokens else { return true }
    let token = tokens[Int(id)]
    if let isMarked = token?.blankBefore { return isMarked }
    let previous = lastID.flatMap { tokens[Int($0)] }
    return (previous?.permitsBlankAfter ?? true) && (token?.followsBlank ?? true)
  }

  /// Returns the bytes of a single token, including those of a line end, without separators.
  package func bytes(of id: Int32) -> [UInt8] {
    if let stream { return stream.bytes(of: id) }
    return id == lineEndID ? [UInt8(ascii: "\n")] : Array(bytes(id))
  }

  /// Returns the text that a token adds to the previous ones.
  ///
  /// Invalid UTF-8 becomes “\u{FFFD}”.
  ///
  /// - Precondition: The ID is in the vocabulary.
  public mutating func decode(_ id: Int32) -> String {
    if let text = stream?.decode(id) { return text }
    if id == lineEndID {
      held.append(UInt8(ascii: "\n"))
    } else {
      if !isAtLineStart && isSeparated(id) { held += separator.utf8 }
      held += bytes(id)
    }
    (isAtLineStart, lastID) = (id == lineEndID, id)
    let end = held.count - Self.openLength(held)
    let text = String(decoding: held[..<end], as: UTF8.self)
    held.removeFirst(end)
    return text
  }

  /// Reads the tokens of a prompt, so that only the text after the prompt is returned.
  ///
  /// If the prompt ends with white space, no separator is added before the next token.
  package mutating func begin(after prompt: String, _ ids: some Sequence<Int32>) {
    for id in ids { _ = decode(id) }
    if prompt.unicodeScalars.last?.properties.isWhitespace == true {
      isAtLineStart = true
      stream?.dropBlank()
    }
  }

  /// Returns the held text at the end of the input: “\u{FFFD}” if a character is incomplete.
  public mutating func finish() -> String {
    if let text = stream?.finish() { return text }
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }

  /// Returns the number of bytes at the end that begin an incomplete character.
  private static func openLength(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      switch bytes[bytes.count - length] {
      case 0x80...0xBF: continue
      case 0xC0...0xDF: return length < 2 ? length : 0
      case 0xE0...0xEF: return length < 3 ? length : 0
      case 0xF0...0xF7: return length
      default: return 0
      }
    }
    return 0
  }
}
