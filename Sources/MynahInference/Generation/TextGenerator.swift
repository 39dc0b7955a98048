public import MynahModels
public import MynahTensors
public import MynahText

/// A generator that continues a prompt token by token.
///
/// ```swift
/// var generator = try TextGenerator(file, prompt: "Once upon", random: RandomSource(seed: 1))
/// while let piece = try generator.next() { print(piece.text, terminator: "") }
/// ```
///
/// The cost of a token does not depend on the length of the text. Equal models, prompts and random sources produce
/// equal texts. `BatchGenerator` generates several texts faster.
public struct TextGenerator: Sendable {
  private var batch: BatchGenerator
  /// The reason why the text ended; nil before its end.
  public private(set) var end: GenerationEnd?

  /// Reads the prompt with a model file's weights, in the precision in which they are stored.
  ///
  /// This packs the weights; for several texts of one model, use the other initialiser.
  ///
  /// - Throws: `TextError` if the prompt has an unknown token and the vocabulary has no `<unk>`;
  ///   `InferenceError.notFinite`, or `noSuchToken` for a stop token that is not in the vocabulary.
  public init(
    _ file: ModelFile, prompt: String, options: GenerationOptions = GenerationOptions(), random: RandomSource
  ) throws {
    var options = options
    options.statePolicy = options.statePolicy ?? file.statePolicy
    try self.init(
      InferenceModel(file.model, precision: file.precision), tokenizer: file.tokenizer, prompt: prompt,
      options: options, random: random)
  }

  /// Reads the prompt.
  ///
  /// The model starts at the beginning of a text: after an `<eos>` if the vocabulary has it, else after a line end.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: The model's tokenizer.
  ///   - prompt: The beginning of the text; may be empty.
  ///   - options: The sampler and the conditions that end the text.
  ///   - random: The random source.
  /// - Throws: `TextError` if the prompt has an unknown token and the vocabulary has no `<unk>`;
  ///   `InferenceError.notFinite`, or `noSuchToken` for a stop token that is not in the vocabulary.
  /// - Precondition: the tokenizer has as many tokens as the model.
  public init(
    _ model: InferenceModel, tokenizer: AnyTokenizer, prompt: String,
    options: GenerationOptions = GenerationOptions(), random: RandomSource
  ) throws {
    batch = try BatchGenerator(model, tokenizer: tokenizer, prompt: prompt, options: options, randoms: [random])
    if options.length == 0 { end = .length }
  }

  /// Draws the next token.
  ///
  /// - Returns: The token and the text that can be written; nil after the text's end.
  /// - Throws: `InferenceError` if the model's weights are damaged or the sampler rules out all tokens.
  public mutating func next() throws -> (id: Int32, text: String)? {
    guard let piece = try batch.next().first else { return nil }
    end = piece.end
    return (piece.id, piece.addition)
  }
}
