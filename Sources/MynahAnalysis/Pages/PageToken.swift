public import MynahText

/// A token as displayed in a page.
public struct PageToken: Hashable, Sendable {
  /// The token with its position in the text.
  public let token: TextToken
  /// The text of the token; for an out-of-vocabulary word, the original word.
  public let text: String
  /// A Boolean value indicating whether the token is preceded by a space that belongs to no token.
  public let followsSpace: Bool
  /// A Boolean value indicating whether the model reads the token as `<unk>` although the text contains something else.
  public let isUnknown: Bool

  /// The id of the token in the vocabulary.
  public var id: Int32 { token.id }

  /// Creates a token.
  public init(token: TextToken, text: String, followsSpace: Bool = false, isUnknown: Bool = false) {
    (self.token, self.text, self.followsSpace, self.isUnknown) = (token, text, followsSpace, isUnknown)
  }
}

/// Tokenizes a text line by line into tokens that can be displayed as they appear in the text.
public struct PageTokens: Sendable {
  private let tokenizer: AnyTokenizer
  private var text: TextTokens
  private var decoder: TokenDecoder

  /// Creates a tokenizer at the beginning of a text.
  ///
  /// - Parameter policy: The positions at which the state is reset.
  public init(_ tokenizer: AnyTokenizer, policy: StatePolicy = .carry) {
    (self.tokenizer, decoder) = (tokenizer, tokenizer.decoder())
    text = TextTokens(tokenizer, policy: policy)
  }

  /// Appends a line and returns the tokens that later lines can no longer change, as `TextTokens` does.
  ///
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public mutating func append(_ line: String, number: Int, isEnded: Bool = true) throws(TextError) -> [PageToken] {
    let tokens = try text.append(line, number: number, isEnded: isEnded)
    switch tokenizer {
    case .word:
      // Split at white space as the tokenizer does.
      let written = line.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).enumerated()
      return words(tokens, written: written.map { (String($1), $0 > 0) })
    case .wordsAndPunctuation(let tokenizer): return words(tokens, written: tokenizer.parts(of: line))
    default: return pieces(tokens)
    }
  }

  /// Ends the text and returns its last tokens.
  public mutating func finish() throws(TextError) -> [PageToken] { pieces(try text.finish()) }

  private mutating func pieces(_ tokens: [TextToken]) -> [PageToken] {
    tokens.map { token in
      let text = decoder.decode(token.id)
      // The bytes of an incomplete character have no text, so the token's name in the vocabulary is shown.
      return PageToken(
        token: token, text: text.isEmpty ? tokenizer.vocabulary[token.id] : text, followsSpace: false,
        isUnknown: token.id == tokenizer.unknownTokenID)
    }
  }

  /// Returns the tokens of a line as they are written in it.
  private func words(_ tokens: [TextToken], written words: [(text: String, followsBlank: Bool)]) -> [PageToken] {
    let vocabulary = tokenizer.vocabulary
    // If the number of words differs, the vocabulary's words are shown instead.
    let hasEnd = tokens.last.map { $0.id == tokenizer.endOfSentenceID } ?? false
    let wordCount = hasEnd ? tokens.count - 1 : tokens.count
    return tokens.enumerated().map { index, token in
      let isEnd = index == wordCount
      let word =
        words.count == wordCount && !isEnd ? words[index] : (text: vocabulary[token.id], followsBlank: index > 0)
      return PageToken(
        token: token, text: isEnd ? "\n" : word.text, followsSpace: word.followsBlank && !isEnd,
        isUnknown: token.id == vocabulary.unknownID && word.text != vocabulary[token.id])
    }
  }
}
