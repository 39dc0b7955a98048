public import MynahModels
public import MynahTensors
public import MynahText

/// Writes text, one token after another, beginning with a prompt.
///
/// The state goes along: a token costs the same after ten tokens and after ten million. Equal models, prompts and random
/// sources give equal texts.
public struct TextGenerator: Sendable {
  private let model: InferenceModel
  private let sampler: TemperatureSampler
  private var random: RandomSource
  private var decoder: TokenDecoder
  private var state: InferenceState
  private var logits: Tensor

  /// Reads the prompt with a model file's weights, in the precision that they are stored in.
  ///
  /// The weights are packed here; for several texts of one model see the other initialiser.
  ///
  /// - Throws: `TextError` if the prompt has a character that the model does not know; `InferenceError.notFinite`.
  public init(_ file: ModelFile, prompt: String, temperature: Double = 1, random: RandomSource) throws {
    try self.init(
      InferenceModel(file.model, precision: file.precision), tokenizer: file.tokenizer, prompt: prompt,
      temperature: temperature, random: random)
  }

  /// Reads the prompt.
  ///
  /// The model starts at the beginning of a text: after an `<eos>` where the vocabulary has it, else after a line end;
  /// tokens that stand for no text, such as `<unk>`, are never written.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: How the model's tokens become text.
  ///   - prompt: The beginning of the text; may be empty.
  ///   - temperature: 0 or more; see `TemperatureSampler`.
  ///   - random: Where tokens are drawn from.
  /// - Throws: `TextError` if the prompt has a character that the model does not know; `InferenceError.notFinite`.
  /// - Precondition: the tokenizer has as many tokens as the model.
  public init(
    _ model: InferenceModel, tokenizer: AnyTokenizer, prompt: String, temperature: Double = 1, random: RandomSource
  ) throws {
    let vocabulary = tokenizer.vocabulary
    precondition(
      vocabulary.count == model.configuration.vocabularySize,
      "a tokenizer of \(vocabulary.count) tokens does not fit a model of \(model.configuration.vocabularySize)")
    let prompt = try tokenizer.encodePrompt(prompt).ids
    self.model = model
    let textless = Set(vocabulary.textlessIDs)
    sampler = TemperatureSampler(
      temperature: temperature, forbidding: textless.count < vocabulary.count ? textless : [])
    self.random = random
    decoder = tokenizer.decoder()
    for id in prompt { _ = decoder.decode(id) }
    state = model.initialState()
    logits = Tensor([])
    try read([tokenizer.startID] + prompt)
  }

  /// Draws the next token.
  ///
  /// - Returns: The token and the text that it adds.
  /// - Throws: `InferenceError.notFinite` if the model's weights are damaged.
  public mutating func next() throws -> (id: Int32, text: String) {
    let id = sampler(logits, using: &random)[0]
    try read([id])
    return (id, decoder.decode(id))
  }

  /// What was held back of a character whose last bytes never came: to be written behind the last token.
  public mutating func finish() -> String { decoder.finish() }

  /// Moves the state past some tokens and keeps the logits of the one that follows.
  private mutating func read(_ ids: [Int32]) throws {
    logits = model.advance(ids, state: &state)
    guard Kernels.areFinite(logits) else { throw InferenceError.notFinite }
  }
}
