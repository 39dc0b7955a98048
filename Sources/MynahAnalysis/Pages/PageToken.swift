public import MynahText

/// A token as a reader sees it in a page.
public struct PageToken: Hashable, Sendable {
  /// The token's number in the vocabulary.
  public let id: Int32
  /// What it adds to the text; of a word that the model does not know the word itself.
  public let text: String
  /// Whether a space that belongs to no token stands before it.
  public let followsSpace: Bool
  /// Whether the model reads it as `<unk>` though the text has something else.
  public let isUnknown: Bool
}

/// Cuts lines into tokens that can be shown where they stood.
public struct PageTokens: Sendable {
  private let tokenizer: AnyTokenizer
  private var decoder: TokenDecoder

  /// Begins a text.
  public init(_ tokenizer: AnyTokenizer) { (self.tokenizer, decoder) = (tokenizer, tokenizer.decoder()) }

  /// The tokens of the next line, its end among them where that is one.
  ///
  /// - Parameter line: The line without its end.
  /// - Throws: `TextError` if it has a token that the model does not know and cannot read as `<unk>`.
  public mutating func tokens(of line: String) throws(TextError) -> [PageToken] {
    let ids = try tokenizer.encode(line + "\n").ids
    if case .word = tokenizer { return words(ids, of: line) }
    var result: [PageToken] = []
    for id in ids {
      let text = decoder.decode(id)
      // Bytes of a character that is not whole yet have no text of their own.
      result.append(
        PageToken(
          id: id, text: text.isEmpty ? tokenizer.vocabulary[id] : text, followsSpace: false,
          isUnknown: id == tokenizer.vocabulary.unknownID))
    }
    return result
  }

  private func words(_ ids: [Int32], of line: String) -> [PageToken] {
    let vocabulary = tokenizer.vocabulary
    // White space as the tokenizer has it: words that it takes apart in another way are shown as the vocabulary has them.
    let words = line.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
    let wordCount = ids.last == tokenizer.endOfSentenceID && ids.last != nil ? ids.count - 1 : ids.count
    return ids.enumerated().map { index, id in
      let isEnd = index == wordCount
      let word = words.count == wordCount && !isEnd ? words[index] : vocabulary[id]
      return PageToken(
        id: id, text: isEnd ? "\n" : word, followsSpace: index > 0 && !isEnd,
        isUnknown: id == vocabulary.unknownID && word != vocabulary[id])
    }
  }
}

extension PageTokens {
  /// A token as the vocabulary has it, outside of any text.
  package func shown(_ id: Int32) -> PageToken {
    PageToken(id: id, text: tokenizer.vocabulary[id], followsSpace: true, isUnknown: false)
  }
}
