import MynahText

extension AnyTokenizer {
  /// The noun for the tokens.
  var tokenNoun: String {
    switch self {
    case .word: "words"
    case .wordsAndPunctuation: "words and punctuation marks"
    case .character: "characters"
    case .bytes: "bytes"
    case .bytePair, .huggingFace: "pieces of words"
    case .kerasWord: hasWords ? "words" : "characters"
    }
  }

  /// The same where tokens are counted: line ends are among a word tokenizer's.
  var countedNoun: String {
    switch self {
    case .word: "words and line ends"
    case .wordsAndPunctuation: "words, punctuation marks and line ends"
    default: tokenNoun
    }
  }
}
