import MynahIO
public import MynahText

/// The Tiny Shakespeare benchmark for character models, excerpts of Shakespeare's plays: 1,115,394 characters, 65 of
/// them distinct.
///
/// The first nine tenths are for training; the rest is divided equally into validation and test. The vocabulary is the
/// empty token for masking and `[UNK]`, followed by the characters of the training text in ascending code point order:
/// 67 tokens.
///
/// Source: Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015; the split and the vocabulary
/// are those of TensorFlow's data set `tiny_shakespeare` and of its tutorial on text generation.
public struct TinyShakespeare: Sendable, Hashable {
  /// The training characters: 1,003,854.
  public let train: [Int32]
  /// The validation characters: 55,770.
  public let valid: [Int32]
  /// The test characters: 55,770.
  public let test: [Int32]
  /// The character tokenizer, with 67 tokens.
  public let tokenizer: CharacterTokenizer

  /// Reads the text from its file, or from the file `input.txt` in a folder.
  ///
  /// - Throws: `FileError`.
  public init(at path: String) throws {
    try self.init(text: TextFile(at: FileKind(at: path) == .directory ? path + "/input.txt" : path).text)
  }

  /// Splits and encodes a text.
  ///
  /// - Throws: No error in practice, since characters that are not in the training part become `[UNK]`.
  public init(text: String) throws(TextError) {
    let scalars = text.unicodeScalars
    let trainCount = scalars.count * 9 / 10
    let validCount = (scalars.count - trainCount) / 2
    func part(_ from: Int, _ count: Int) -> String {
      String(String.UnicodeScalarView(scalars.dropFirst(from).prefix(count)))
    }
    let train = part(0, trainCount)
    let tokenizer = CharacterTokenizer(
      training: train, order: .codePoint, leading: [Vocabulary.padding, Vocabulary.bracketedUnknown])
    self.train = try tokenizer.encode(train).ids
    valid = try tokenizer.encode(part(trainCount, validCount)).ids
    test = try tokenizer.encode(part(trainCount + validCount, scalars.count)).ids
    self.tokenizer = tokenizer
  }

  /// The vocabulary of the tokenizer.
  public var vocabulary: Vocabulary { tokenizer.vocabulary }
}
