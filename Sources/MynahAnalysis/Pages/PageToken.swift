public import MynahText

/// A token as a reader sees it in a page.
public struct PageToken: Hashable, Sendable {
  /// The token with its place in the text.
  public let token: TextToken
  /// What it adds to the text; of a word that the model does not know the word itself.
  public let text: String
  /// A Boolean value indicating whether a space that belongs to no token comes before it.
  public let followsSpace: Bool
  /// A Boolean value indicating whether the model reads it as `<unk>` though the text has something else.
  public let isUnknown: Bool

  /// The token's number in the vocabulary.
  public var id: Int32 { token.id }

  /// Creates a token.
  public init(token: TextToken, text: String, followsSpace: Bool = false, isUnknown: Bool = false) {
    (self.token, self.text, self.followsSpace, self.isUnknown) = (token, text, followsSpace, isUnknown)
  }
}

/// Tokenizes a text line by line into tokens that can be shown as they stand in it.
public struct PageTokens: Sendable {
  private let tokenizer: AnyTokenizer
  private var text: TextTokens
  private var decoder: TokenDecoder

  /// Begins a text.
  ///
  /// - Parameter policy: The positions at which the state is reset.
  public init(_ tokenizer: AnyTokenizer, policy: StatePolicy = .carry) {
    (self.tokenizer, decoder) = (tokenizer, tokenizer.decoder())
    text = TextTokens(tokenizer, policy: policy)
  }

  /// Appends a line and returns the tokens that what follows cannot change, as `TextTokens` does.
  ///
  /// - Throws: `TextError` if it has a token that the model does not know and cannot read as `<unk>`.
  public mutating func append(_ line: String, number: Int, isEnded: Bool = true) throws(TextError) -> [PageToken] {
    let tokens = try text.append(line, number: number, isEnded: isEnded)
    if case .word = tokenizer { return words(tokens, of: line) }
    return pieces(tokens)
  }

  /// Ends the text and returns its last tokens.
  public mutating func finish() throws(TextError) -> [PageToken] { pieces(try text.finish()) }

  private mutating func pieces(_ tokens: [TextToken]) -> [PageToken] {
    tokens.map { token in
      let text = decoder.decode(token.id)
      // Bytes of a character that is not whole yet have no text of their own.
      return PageToken(
        token: token, text: text.isEmpty ? tokenizer.vocabulary[token.id] : text, followsSpace: false,
        isUnknown: token.id == tokenizer.vocabulary.unknownID)
    }
  }

  private func words(_ tokens: [TextToken], of line: String) -> [PageToken] {
    let vocabulary = tokenizer.vocabulary
    // White space as the tokenizer has it: words that it takes apart in another way are shown as the vocabulary has them.
    let words = line.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
    let hasEnd = tokens.last.map { $0.id == tokenizer.endOfSentenceID } ?? false
    let wordCount = hasEnd ? tokens.count - 1 : tokens.count
    return tokens.enumerated().map { index, token in
      let isEnd = index == wordCount
      let word = words.count == wordCount && !isEnd ? words[index] : vocabulary[token.id]
      return PageToken(
        token: token, text: isEnd ? "\n" : word, followsSpace: index > 0 && !isEnd,
        isUnknown: token.id == vocabulary.unknownID && word != vocabulary[token.id])
    }
  }
}
