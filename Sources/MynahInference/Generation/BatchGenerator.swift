import MynahIO
import MynahModels
import MynahTensors
public import MynahText

/// A generator of several texts at once from the same prompt.
///
/// Text i draws from its own random source, `stream` i of the seed, so it does not depend on the number of texts. Texts
/// that have ended take no more time.
public struct BatchGenerator: Sendable {
  /// The result of one step for one text.
  public typealias Piece = GenerationBatch.Piece

  private var batch: GenerationBatch

  /// Reads the prompt.
  ///
  /// The model starts at the beginning of a text: after an `<eos>` if the vocabulary has it, else after a line end. The
  /// options' state policy determines where the state is reset, in the prompt and in the generated text.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: The model's tokenizer.
  ///   - prompt: The beginning of each text; may be empty.
  ///   - count: The number of texts.
  ///   - options: The sampler and the conditions that end the texts.
  ///   - seed: The seed of the random numbers.
  /// - Throws: `TextError` if the prompt has an unknown token and the vocabulary has no `<unk>`;
  ///   `InferenceError.notFinite`, or `noSuchToken` for a stop token that is not in the vocabulary.
  /// - Precondition: the tokenizer has as many tokens as the model; the count is positive.
  public init(
    _ model: InferenceModel, tokenizer: AnyTokenizer, prompt: String, count: Int = 1,
    options: GenerationOptions = GenerationOptions(), seed: UInt64
  ) throws {
    try self.init(
      model, tokenizer: tokenizer, prompt: prompt, options: options,
      randoms: (0..<count).map { RandomSource(seed: seed, stream: UInt64($0)) })
  }

  /// Continues a text and reads the prompt after it.
  ///
  /// - Parameter predictor: The predictor that has read the text so far.
  /// - Throws: `TextError` if the prompt has an unknown token and the vocabulary has no `<unk>`;
  ///   `InferenceError.notFinite`, or `noSuchToken` for a stop token that is not in the vocabulary.
  /// - Precondition: the tokenizer has as many tokens as the model; the count is positive.
  public init(
    continuing predictor: NeuralPredictor, tokenizer: AnyTokenizer, prompt: String, count: Int = 1,
    options: GenerationOptions = GenerationOptions(), seed: UInt64
  ) throws {
    try self.init(
      predictor.model, tokenizer: tokenizer, prompt: prompt, options: options,
      randoms: (0..<count).map { RandomSource(seed: seed, stream: UInt64($0)) }, memory: predictor.memory)
  }

  /// Reads the prompt of texts with the given random sources.
  init(
    _ model: InferenceModel, tokenizer: AnyTokenizer, prompt: String, options: GenerationOptions,
    randoms: [RandomSource], memory: NeuralPredictor.Memory? = nil
  ) throws {
    model.check(tokenizer)
    require(!randoms.isEmpty, "expected at least one text to generate")
    var text = WrittenText(options.statePolicy ?? .carry)
    let (tail, isReset) = text.appendingTail(of: prompt)
    let read = try tokenizer.encodePrompt(String(tail)).ids
    let promptIDs = try tokenizer.encodePrompt(prompt).ids
    var predictor = NeuralPredictor(model)
    if let memory, !isReset, memory.last != nil {
      predictor = NeuralPredictor(model, memory: memory)
    } else {
      try predictor.read([tokenizer.startID])
    }
    try predictor.read(read)
    batch = GenerationBatch(model)
    for random in randoms {
      _ = batch.join(
        try GenerationStream(after: prompt, promptIDs, text, tokenizer: tokenizer, options: options, random: random),
        after: predictor.memory)
    }
  }

  /// Draws the next token of each text that has not ended.
  ///
  /// - Returns: The pieces in the order of the texts; empty once all have ended.
  /// - Throws: `InferenceError` if the model's weights are damaged or the sampler rules out all tokens.
  public mutating func next() throws -> [Piece] { try batch.step().map { try $0.result.get() } }
}
