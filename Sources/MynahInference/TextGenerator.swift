public import MynahModels
public import MynahTensors
import MynahText

/// Writes text, one token after another, beginning with a prompt.
///
/// The state goes along: a token costs the same after ten tokens and after ten million. Equal models, prompts and random
/// sources give equal texts.
public struct TextGenerator: Sendable {
  private let model: LanguageModel
  private let sampler: TemperatureSampler
  private var random: RandomSource
  private var decoder: TokenDecoder
  private var state: LanguageModel.State
  private var logits: [Float]

  /// Reads the prompt.
  ///
  /// The model starts at the beginning of a text: after an `<eos>` where the vocabulary has it, else after a line end; the
  /// token `<unk>` is never written.
  ///
  /// - Parameters:
  ///   - file: The model and its tokenizer.
  ///   - prompt: The beginning of the text; may be empty.
  ///   - temperature: 0 or more; see `TemperatureSampler`.
  ///   - random: Where tokens are drawn from.
  /// - Throws: `TextError` if the prompt has a character that the model does not know; `InferenceError.notFinite`.
  public init(_ file: ModelFile, prompt: String, temperature: Double = 1, random: RandomSource) throws {
    let vocabulary = file.tokenizer.vocabulary
    let start = vocabulary.endOfSentenceID ?? vocabulary.id(of: "\n") ?? 0
    let prompt = try file.tokenizer.encodePrompt(prompt).ids
    model = file.model
    let unknown = vocabulary.count > 1 ? vocabulary.unknownID : nil
    sampler = TemperatureSampler(temperature: temperature, forbidding: unknown.map { [$0] } ?? [])
    self.random = random
    decoder = file.tokenizer.decoder()
    for id in prompt { _ = decoder.decode(id) }
    state = model.initialState(batchSize: 1)
    logits = []
    try read([start] + prompt)
  }

  /// Draws the next token.
  ///
  /// - Returns: The token and the text that it adds.
  /// - Throws: `InferenceError.notFinite` if the model's weights are damaged.
  public mutating func next() throws -> (id: Int32, text: String) {
    let id = sampler(logits, using: &random)
    try read([id])
    return (id, decoder.decode(id))
  }

  /// Moves the state past some tokens and keeps the logits of the one that follows.
  private mutating func read(_ ids: [Int32]) throws {
    let pass = model(ids, state: state)
    let last = pass.hidden.slice(ids.count - 1..<ids.count)
    logits = model.output(last).value.elements
    state = pass.state
    guard logits.allSatisfy(\.isFinite) else { throw InferenceError.notFinite }
  }
}
