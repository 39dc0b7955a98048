public import MynahText

/// Two sentences about a lamb, on which a language model of the course w266 is tried before it gets the Brown corpus.
///
/// Words are taken as they stand. The vocabulary is the Brown corpus's with sentence marks in front; since the text has `<s>`
/// in it, that mark is listed twice and its second number, 3, is the one that is used: 15 tokens.
public struct ToyCorpus: Sendable, Hashable {
  /// The text.
  public static let text = "<s> Mary had a little lamb . <s> The lamb was white as snow . <s>"
  /// The text one word further on, with a word at the end that it does not have.
  public static let labels = "Mary had a little lamb . <s> The lamb was white as snow . <s> And"

  /// The 15 tokens.
  public let vocabulary: Vocabulary
  /// The text's 16 tokens.
  public let inputs: [Int32]
  /// The tokens to predict: the inputs' successors, and `<unk>` at the end.
  public let targets: [Int32]

  /// Counts and encodes the text.
  public init() {
    let vocabulary = Vocabulary(sentenceMarksBefore: Self.text.split(separator: " "))
    func encode(_ text: String) -> [Int32] {
      text.split(separator: " ").map { vocabulary.id(of: $0) ?? vocabulary.unknownID ?? 0 }
    }
    self.vocabulary = vocabulary
    (inputs, targets) = (encode(Self.text), encode(Self.labels))
  }

  /// A tokenizer of the vocabulary, for a model file: `<s>` for line ends.
  public var tokenizer: WordTokenizer { WordTokenizer(vocabulary: vocabulary, lineEnd: Brown.startOfSentence) }
}
