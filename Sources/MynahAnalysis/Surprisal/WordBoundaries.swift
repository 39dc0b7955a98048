import MynahTensors
import MynahText

/// The tokens of a tokenizer that begin or end with white space, for tokens that spell the blanks between words.
struct WordBoundaries: Sendable {
  /// The ids of the tokens that start a new word: those that begin with white space, and line ends.
  private let beginning: [Int]
  /// For each ID, a Boolean value indicating whether the token ends with white space or is a line end.
  private let ends: [Bool]

  /// Creates the tables; nil for tokens that are words, between which blanks are implied.
  init?(_ tokenizer: AnyTokenizer) {
    guard !tokenizer.impliesBlanks else { return nil }
    let decoder = tokenizer.decoder()
    let lineEnds = [tokenizer.endOfSentenceID, tokenizer.textStartID]
    var (beginning, ends) = ([Int](), [Bool]())
    for id in 0..<Int32(tokenizer.vocabulary.count) {
      let scalars = String(decoding: decoder.bytes(of: id), as: UTF8.self).unicodeScalars
      let isLineEnd = lineEnds.contains(id)
      if isLineEnd || scalars.first?.properties.isWhitespace == true { beginning.append(Int(id)) }
      ends.append(isLineEnd || scalars.last?.properties.isWhitespace == true)
    }
    (self.beginning, self.ends) = (beginning, ends)
  }

  /// Returns a Boolean value indicating whether a word is complete after a token, whatever follows.
  func isComplete(after id: Int32) -> Bool { ends[Int(id)] }

  /// Returns ln P(a boundary follows): the logarithm of the sum of the probabilities of all tokens that start a new
  /// word.
  func logProbability(_ next: NextToken) -> Double { beginning.map { next.logProbabilities[$0] }.logSumExp() }
}

extension AnyTokenizer {
  /// A Boolean value indicating whether tokens are words, or pieces of words that are encoded by themselves, and do not
  /// spell the blanks between them.
  var impliesBlanks: Bool {
    switch self {
    case .word, .wordsAndPunctuation: true
    case .kerasWord: hasWords
    case .huggingFace(let tokenizer): tokenizer.encodesWordsApart
    default: false
    }
  }

  /// A Boolean value indicating whether tokens are single characters or bytes, so that the token of a blank ends a
  /// word.
  var hasBlankTokens: Bool {
    switch self {
    case .character, .bytes: true
    case .kerasWord: !hasWords
    default: false
    }
  }

  /// The id of the token that unknown words or characters are read as; nil if there is none.
  package var unknownTokenID: Int32? {
    if case .kerasWord(let tokenizer) = self { return vocabulary.unknownID ?? tokenizer.unknownNumber }
    return vocabulary.unknownID
  }
}
