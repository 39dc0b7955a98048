import MynahText

extension AnyTokenizer {
  /// The noun for the tokens.
  var tokenNoun: String {
    switch self {
    case .word: "words"
    case .character: "characters"
    case .bytes: "bytes"
    case .bytePair, .huggingFace: "pieces of words"
    case .kerasWord: hasWords ? "words" : "characters"
    }
  }

  /// The same where tokens are counted: line ends are among a word tokenizer's.
  var countedNoun: String { if case .word = self { "words and line ends" } else { tokenNoun } }
}
