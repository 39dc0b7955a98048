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

  /// The noun for token counts, which include line ends for word tokenizers.
  var countedNoun: String {
    switch self {
    case .word: "words and line ends"
    case .wordsAndPunctuation: "words, punctuation marks and line ends"
    default: tokenNoun
    }
  }
}
