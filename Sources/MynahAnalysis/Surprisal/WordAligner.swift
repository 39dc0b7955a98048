public import MynahText

/// Finds the word of a text that each of its tokens belongs to: the word that contains the token's first character that
/// is not white space.
///
/// Words are delimited by white space, whatever the tokenizer. A token that is only white space, or a line end, belongs
/// to no word. Tokens that are single characters or bytes are the exception: there, the first blank or line end after a
/// word belongs to the word, because a model predicts the end of the word with that token. Without it, the probability
/// of "cat" would include that of "cats".
///
/// ```swift
/// var (text, words) = (TextTokens(tokenizer), WordAligner(tokenizer))
/// let tokens = try text.append("the cat sat", number: 1)
/// try words.append("the cat sat", number: 1)
/// for token in tokens { print(try words.word(of: token)?.text ?? "") }
/// ```
public struct WordAligner: Sendable {
  private let tokenizer: AnyTokenizer
  private let decoder: TokenDecoder
  /// The expected tokens with their words, for tokenizers that encode each word by itself.
  private var expected: ArraySlice<(id: Int32, word: TextWord?)> = []
  /// The bytes that the next tokens spell, and the words in them, for tokenizers whose tokens spell the text.
  private var bytes: ArraySlice<UInt8> = []
  private var words: ArraySlice<(range: Range<Int>, word: TextWord)> = []
  /// The line in which a token did not fit the text; nil if there is none.
  private var lostLine: Int?

  /// Creates an aligner at the beginning of a text.
  public init(_ tokenizer: AnyTokenizer) { (self.tokenizer, decoder) = (tokenizer, tokenizer.decoder()) }

  private var encodesWords: Bool { tokenizer.impliesBlanks || tokenizer.hasBlankTokens }

  /// Appends a line, before its tokens.
  ///
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public mutating func append(_ line: String, number: Int, isEnded: Bool = true) throws(TextError) {
    guard encodesWords else { return appendBytes(line, number, isEnded) }
    var (segments, previous) = (TextWord.segments(of: line, number: number), TextWord?.none)
    // A word tokenizer adds a line end to a last line without one.
    let end = isEnded || tokenizer.endOfSentenceID != nil && tokenizer.impliesBlanks ? "\n" : ""
    if !end.isEmpty { segments.append(TextWord.Segment(text: end, start: line.utf8.count, word: nil)) }
    expected = ArraySlice(Array(expected))
    for segment in segments {
      let word = segment.word ?? (tokenizer.hasBlankTokens ? previous : nil)
      for id in try tokenizer.encode(segment.text, beginsText: false, endsText: false).ids {
        expected.append((id, word))
      }
      previous = segment.word
    }
  }

  private mutating func appendBytes(_ line: String, _ number: Int, _ isEnded: Bool) {
    // Drop consumed bytes, so that memory does not grow with the text.
    let consumed = bytes.startIndex
    bytes = ArraySlice(Array(bytes))
    words = ArraySlice(words.map { ($0.range.lowerBound - consumed..<$0.range.upperBound - consumed, $0.word) })
    for segment in TextWord.segments(of: line, number: number) {
      guard let word = segment.word else { continue }
      let start = bytes.endIndex + segment.start
      words.append((start..<start + segment.text.utf8.count, word))
    }
    bytes += Array(line.utf8) + (isEnded ? [UInt8(ascii: "\n")] : [])
  }

  /// Returns the word that the next token belongs to; nil for white space and line ends.
  ///
  /// - Throws: `AnalysisError.wordsNotFound` for tokens that do not spell the text, and for all that follow them.
  public mutating func word(of token: TextToken) throws(AnalysisError) -> TextWord? {
    if let lostLine { throw .wordsNotFound(line: lostLine, token: tokenizer.vocabulary[token.id]) }
    if encodesWords, let first = expected.first, first.id == token.id {
      expected.removeFirst()
      return first.word
    }
    guard !encodesWords, let length = length(of: token.id) else {
      lostLine = token.line
      throw .wordsNotFound(line: token.line, token: tokenizer.vocabulary[token.id])
    }
    let range = bytes.startIndex..<bytes.startIndex + length
    bytes.removeFirst(length)
    while let first = words.first, first.range.upperBound <= range.lowerBound { words.removeFirst() }
    guard let first = words.first, first.range.lowerBound < range.upperBound else { return nil }
    return first.word
  }

  /// A Boolean value indicating whether the tokenizer may add a space before a text.
  private var addsSpace: Bool {
    switch tokenizer {
    case .bytePair(let tokenizer): tokenizer.addsLeadingSpace
    case .huggingFace: true
    default: false
    }
  }

  /// Returns the number of bytes that a token spells; nil if the next bytes of the text differ from them.
  private func length(of id: Int32) -> Int? {
    // A text may contain the name of a special token.
    for spelling in [decoder.bytes(of: id), Array(tokenizer.vocabulary[id].utf8)] where !spelling.isEmpty {
      if bytes.starts(with: spelling) { return spelling.count }
      // A space that the tokenizer adds before a text is not in the text.
      guard addsSpace else { continue }
      if spelling.first == UInt8(ascii: " "), bytes.starts(with: spelling.dropFirst()) { return spelling.count - 1 }
    }
    return nil
  }
}
