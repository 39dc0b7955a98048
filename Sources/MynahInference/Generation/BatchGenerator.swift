import MynahIO
import MynahModels
import MynahTensors
public import MynahText

/// Generates several texts at once from the same prompt.
///
/// Text i draws from its own random source, `stream` i of the seed, so it does not depend on the number of texts. Texts
/// that have ended take no more time.
public struct BatchGenerator: Sendable {
  /// The result of one step for one text.
  public struct Piece: Hashable, Sendable {
    /// The text's number, from 0.
    public let text: Int
    /// The token that was drawn.
    public let id: Int32
    /// The model's ln p(token | all before it), before the sampler's steps; nil unless the options request it.
    public let logProbability: Double?
    /// The text to write now; possible beginnings of a stop string or of a character are held back.
    public let addition: String
    /// The reason why the text ends here; nil if it continues.
    public let end: GenerationEnd?
  }

  /// A text that has not ended.
  fileprivate struct Writing: Sendable {
    let number: Int
    var decoder: TokenDecoder
    var stops: StopStrings
    var recent: [Int32]
    /// The generated text, which determines when the state is reset.
    var text: WrittenText
    var position = 0
  }

  private let model: InferenceModel
  private let startID: Int32
  private let options: GenerationOptions
  private let sampler: Sampler
  private var writings: [Writing]
  private var randoms: [RandomSource]
  private var state: RecurrentState
  private var logits: Tensor

  /// Reads the prompt.
  ///
  /// The model starts at the beginning of a text: after an `<eos>` where the vocabulary has it, else after a line end.
  /// The options' policy decides where the state is reset, in the prompt and in the generated text.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: The model's tokenizer.
  ///   - prompt: The beginning of each text; may be empty.
  ///   - count: The number of texts.
  ///   - options: The sampling and the ends of the texts.
  ///   - seed: The seed of the random numbers.
  /// - Throws: `TextError` if the prompt has a character that the model does not know; `InferenceError.notFinite`,
  ///   or `noSuchToken` for a stop token that is not in the vocabulary.
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
  /// - Throws: `TextError` if the prompt has a character that the model does not know; `InferenceError.notFinite`,
  ///   or `noSuchToken` for a stop token that is not in the vocabulary.
  /// - Precondition: the tokenizer has as many tokens as the model; the count is positive.
  public init(
    continuing predictor: NeuralPredictor, tokenizer: AnyTokenizer, prompt: String, count: Int = 1,
    options: GenerationOptions = GenerationOptions(), seed: UInt64
  ) throws {
    try self.init(
      predictor.model, tokenizer: tokenizer, prompt: prompt, options: options,
      randoms: (0..<count).map { RandomSource(seed: seed, stream: UInt64($0)) }, memory: predictor.memory)
  }

  /// Reads the prompt of texts that draw from given sources.
  init(
    _ model: InferenceModel, tokenizer: AnyTokenizer, prompt: String, options: GenerationOptions,
    randoms: [RandomSource], memory: NeuralPredictor.Memory? = nil
  ) throws {
    model.check(tokenizer)
    try InferenceError.check(options.stopTokens.sorted(), vocabularySize: tokenizer.vocabulary.count)
    require(!randoms.isEmpty, "expected at least one text to generate")
    let vocabulary = tokenizer.vocabulary
    let textless = Set(vocabulary.textlessIDs)
    let forbidden = textless.count < vocabulary.count ? textless : []
    var text = WrittenText(options.statePolicy ?? .carry)
    let (tail, isReset) = text.appendingTail(of: prompt)
    let read = try tokenizer.encodePrompt(String(tail)).ids
    let promptIDs = try tokenizer.encodePrompt(prompt).ids
    (self.model, self.options, self.randoms, startID) = (model, options, randoms, tokenizer.startID)
    sampler = Sampler((forbidden.isEmpty ? [] : [ForbiddenTokens(forbidden)]) + options.sampler.steps)
    var decoder = tokenizer.decoder()
    decoder.begin(after: prompt, promptIDs)
    let stops = StopStrings(options.stopStrings)
    let isDone = options.length == 0
    writings = (isDone ? [] : randoms.indices.map { $0 }).map {
      Writing(number: $0, decoder: decoder, stops: stops, recent: promptIDs, text: text)
    }
    let memory = isReset ? nil : memory
    state = memory?.state ?? model.initialState()
    logits = try model.finite(model.advance([memory?.last ?? tokenizer.startID] + read, state: &state))
    state = state.repeated(randoms.count)
    logits = Tensor(
      shape: [randoms.count, vocabulary.count], Array(repeatElement(logits.elements, count: randoms.count).joined()))
    trim()
  }

  /// Draws the next token of each text that has not ended.
  ///
  /// - Returns: The pieces in the order of the texts; empty once all have ended.
  /// - Throws: `InferenceError` if the model's weights are damaged or the sampler rules out all tokens.
  public mutating func next() throws -> [Piece] {
    guard !writings.isEmpty else { return [] }
    let places = writings.map { SamplingPlace(position: $0.position, recentTokens: $0.recent) }
    let ids = try sampler(logits, at: places, using: &randoms)
    let logProbabilities = options.returnsProbabilities ? logits.logSoftmax().elements : nil
    let vocabularySize = model.configuration.vocabularySize
    var (pieces, going, restarted) = ([Piece](), [Int](), Set<Int>())
    for index in writings.indices {
      let (addition, end, isReset) = writings[index].write(ids[index], options)
      if isReset { restarted.insert(index) }
      pieces.append(
        Piece(
          text: writings[index].number, id: ids[index],
          logProbability: logProbabilities.map { Double($0[index * vocabularySize + Int(ids[index])]) },
          addition: addition, end: end))
      if end == nil { going.append(index) }
    }
    try advance(going, ids, restarted)
    return pieces
  }

  /// Reads the drawn tokens of the texts that continue, and drops the others.
  ///
  /// - Parameter restarted: The texts whose state is reset: they read the token that a text begins after in place of
  ///   the drawn one.
  private mutating func advance(_ going: [Int], _ ids: [Int32], _ restarted: Set<Int>) throws {
    if going.count < writings.count {
      (writings, randoms) = (going.map { writings[$0] }, going.map { randoms[$0] })
      guard !going.isEmpty else { return }
      state = state.selecting(going)
    }
    trim()
    if !restarted.isEmpty {
      state = state.resetting(going.indices.filter { restarted.contains(going[$0]) })
    }
    let read = going.map { restarted.contains($0) ? startID : ids[$0] }
    logits = try model.finite(model.advance(read, state: &state))
  }

  /// Drops tokens that no step uses, so that memory does not grow with the text.
  private mutating func trim() {
    for index in writings.indices {
      writings[index].recent.removeFirst(max(0, writings[index].recent.count - sampler.reach))
    }
  }
}

extension BatchGenerator.Writing {
  /// Adds a token; returns what can be written, whether the text ends, and whether the state is reset after the token.
  fileprivate mutating func write(
    _ id: Int32, _ options: GenerationOptions
  ) -> (addition: String, end: GenerationEnd?, isReset: Bool) {
    position += 1
    recent.append(id)
    if options.stopTokens.contains(id) { return (rest(), .stopToken(id), false) }
    let piece = decoder.decode(id)
    let isReset = text.append(piece)
    var addition = stops.pass(piece)
    if let found = stops.found { return (addition, .stopString(found), false) }
    guard position == options.length else { return (addition, nil, isReset) }
    addition += rest()
    return (addition, stops.found.map { .stopString($0) } ?? .length, false)
  }

  /// Returns the text that is held back.
  private mutating func rest() -> String { stops.pass(decoder.finish()) + (stops.found == nil ? stops.finish() : "") }
}
