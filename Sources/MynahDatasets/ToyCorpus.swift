public import MynahText

/// A toy corpus of two sentences about a lamb, on which the course w266 tests a language model before the Brown corpus.
///
/// Words are used as written. As for the Brown corpus, the vocabulary begins with the sentence marks. Since `<s>` also
/// occurs in the text, it is listed twice, and its second ID, 3, is used: 15 tokens.
public struct ToyCorpus: Sendable, Hashable {
  /// The text.
  public static let text = "<s> Mary had a little lamb . <s> The lamb was white as snow . <s>"
  /// The text shifted by one word, with a last word that is not in the text.
  public static let labels = "Mary had a little lamb . <s> The lamb was white as snow . <s> And"

  /// The vocabulary of 15 tokens.
  public let vocabulary: Vocabulary
  /// The 16 tokens of the text.
  public let inputs: [Int32]
  /// The target tokens: the successors of the inputs, with `<unk>` at the end.
  public let targets: [Int32]

  /// Builds the vocabulary and encodes the text.
  public init() {
    let vocabulary = Vocabulary(sentenceMarksBefore: Self.text.split(separator: " "))
    func encode(_ text: String) -> [Int32] {
      text.split(separator: " ").map { vocabulary.id(of: $0) ?? vocabulary.unknownID ?? 0 }
    }
    self.vocabulary = vocabulary
    (inputs, targets) = (encode(Self.text), encode(Self.labels))
  }

  /// A tokenizer with the vocabulary, for a model file: `<s>` for line ends.
  public var tokenizer: WordTokenizer { WordTokenizer(vocabulary: vocabulary, lineEnd: Brown.startOfSentence) }
}
