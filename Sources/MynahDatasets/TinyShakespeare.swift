import MynahIO
public import MynahText

/// Some of Shakespeare's plays as character models learn them: 1,115,394 characters, of which 65 are different.
///
/// The first nine tenths are for training; what is left is halved for validation and test. The vocabulary is the training
/// text's characters by code points, rising, behind the empty token that masks and `[UNK]`: 67.
///
/// Source: Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015; split and vocabulary are those of
/// TensorFlow's data set `tiny_shakespeare` and of its tutorial on text generation.
public struct TinyShakespeare: Sendable, Hashable {
  /// The characters to learn: 1,003,854.
  public let train: [Int32]
  /// The characters to validate on: 55,770.
  public let valid: [Int32]
  /// The characters to test on: 55,770.
  public let test: [Int32]
  /// The characters' tokenizer, of 67 tokens.
  public let tokenizer: CharacterTokenizer

  /// Reads the text from its file, or from the file `input.txt` of a folder.
  ///
  /// - Throws: `FileError`.
  public init(at path: String) throws {
    try self.init(text: TextFile(at: FileKind(at: path) == .directory ? path + "/input.txt" : path).text)
  }

  /// Splits and encodes a text.
  ///
  /// - Throws: Never for want of a character: one that the training part lacks is `[UNK]`.
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

  /// The tokens.
  public var vocabulary: Vocabulary { tokenizer.vocabulary }
}
