#if Server
import Mynah
import MynahInference
import MynahModels
import MynahServer
import MynahTensors
import MynahText
import Testing

@Suite("Engine", .timeLimit(.minutes(2)))
struct EngineTests {
  private static let tokenizer: AnyTokenizer = {
    do {
      return .character(try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["\n"] + "abcdefgh".map { String($0) })))
    } catch {
      preconditionFailure("nine characters make a vocabulary")
    }
  }()

  private static let network: InferenceModel = {
    var random = RandomSource(seed: 3)
    return InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(
          vocabulary: 9, embedding: 5, layers: [.lstm(7), .gru(6)], initializer: .uniform(1)), using: &random))
  }()

  private let metrics = ModelMetrics()

  private func engine(_ change: (inout ServerLimits) -> Void = { _ in }) -> Engine {
    var limits = ServerLimits()
    change(&limits)
    return Engine(Self.network, tokenizer: Self.tokenizer, limits: limits, metrics: metrics)
  }

  private func order(
    _ prompt: String, length: Int, temperature: Double = 1, topP: Double? = nil, seed: UInt64 = 1, texts: Int = 1,
    isStreamed: Bool = false
  ) throws -> GenerationOrder {
    GenerationOrder(
      prompts: [.init(segments: [try Self.tokenizer.encodePrompt(prompt).ids], text: prompt)], textCount: texts,
      options: GenerationOptions(length: length, temperature: temperature, topP: topP), seed: seed,
      isStreamed: isStreamed)
  }

  /// Returns the texts that the library generates without the engine.
  private func alone(_ order: GenerationOrder) throws -> [String] {
    try (0..<order.textCount).map { text in
      var generator = try TextGenerator(
        Self.network, tokenizer: Self.tokenizer, prompt: order.prompts[0].text, options: order.options,
        random: RandomSource(seed: order.seed, stream: UInt64(text)))
      var result = ""
      while let piece = try generator.next() { result += piece.text }
      return result
    }
  }

  /// Waits for an order's texts and returns them.
  private func texts(
    _ order: GenerationOrder, _ output: GenerationOutput, resuming engine: Engine? = nil, _ number: Int = 0
  ) async throws -> [String] {
    var texts = [String](repeating: "", count: order.prompts.count * order.textCount)
    while let (events, wasFull) = await output.next() {
      for event in events {
        switch event {
        case .piece(let text, let piece): texts[text] += piece.addition
        case .failure(let failure): throw failure
        case .prompt, .state, .empty: break
        }
      }
      if wasFull { await engine?.resume(number) }
    }
    return texts
  }

  @Test("Forty concurrent requests get the same texts as each request alone")
  func concurrency() async throws {
    let engine = engine { $0.streams = 24 }
    let prompts = ["", "abc", "hg\nfed", String(repeating: "badcafe\n", count: 40)]
    let orders = try (0..<40).map { index in
      try order(
        prompts[index % 4], length: 1 + index * 7 % 50, temperature: [0, 0.7, 1, 2][index / 4 % 4],
        topP: index.isMultiple(of: 3) ? 0.8 : nil, seed: UInt64(index), texts: 1 + index % 3)
    }
    let results = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
      for (index, order) in orders.enumerated() {
        group.addTask { (index, try await texts(order, engine.submit(order).output)) }
      }
      return try await group.reduce(into: [[String]](repeating: [], count: 40)) { $0[$1.0] = $1.1 }
    }
    for (order, texts) in zip(orders, results) { #expect(try texts == alone(order)) }
    #expect(metrics.figures.generatedTokens == orders.reduce(0) { $0 + $1.textCount * $1.options.length })
  }

  @Test("A prompt's token predictions match a predictor's, although the prompt is read in chunks")
  func prompt() async throws {
    let text = String(repeating: "feed\nbad", count: 60)
    var order = try order(text, length: 0)
    order.promptAlternatives = 2
    let output = try await engine().submit(order).output
    var (found, isEmpty) = ([TokenPrediction?](), false)
    while let (events, _) = await output.next() {
      for event in events {
        if case .prompt(0, let predictions) = event { found = predictions }
        if case .empty(0) = event { isEmpty = true }
      }
    }
    var predictor = NeuralPredictor(Self.network)
    try predictor.read([0])
    #expect(
      try found == predictor.predictions(reading: order.prompts[0].ids, alternativeCount: 2).map { $0 } && isEmpty)
  }

  @Test("A request whose client has disconnected frees its slot at once")
  func cancellation() async throws {
    let engine = engine { $0.streams = 1 }
    let endless = try await engine.submit(order("a", length: 1_000_000_000))
    let next = try order("b", length: 5)
    let output = try await engine.submit(next).output
    _ = await endless.output.next()
    endless.output.cancel()
    #expect(try await texts(next, output) == alone(next))
    #expect(await endless.output.next() == nil)
  }

  @Test("A request is rejected when the queue is full")
  func fullQueue() async throws {
    let engine = engine { ($0.streams, $0.queue) = (1, 1) }
    let endless = try await engine.submit(order("a", length: 1_000_000_000))
    while metrics.figures.texts == 0 { await Task.yield() }
    let waiting = try order("b", length: 3)
    let output = try await engine.submit(waiting).output
    await #expect(throws: ServerFailure.queueFull) { try await engine.submit(waiting) }
    endless.output.cancel()
    #expect(try await texts(waiting, output) == alone(waiting))
  }

  @Test("Generation pauses for a client that does not read, and then continues with the same text")
  func slowReader() async throws {
    let engine = engine()
    let order = try order("abc", length: 3000, isStreamed: true)
    let (number, output) = try await engine.submit(order)
    while metrics.figures.pauses == 0 { await Task.yield() }
    #expect(metrics.figures.generatedTokens < 1500)
    #expect(try await texts(order, output, resuming: engine, number) == alone(order))
  }

  @Test("A request that takes too long fails")
  func deadline() async throws {
    let engine = engine { $0.requestSeconds = 0 }
    let order = try order("a", length: 1_000_000_000)
    let output = try await engine.submit(order).output
    await #expect(throws: ServerFailure.timeout) { try await texts(order, output) }
  }

  @Test("A replaced engine is released when it has no work")
  func release() async throws {
    weak var released: Engine?
    do {
      let engine = engine()
      released = engine
      let order = try order("a", length: 3)
      _ = try await texts(order, engine.submit(order).output)
      await engine.retire()
    }
    while released != nil { await Task.yield() }  // until the time limit
    #expect(released == nil)
  }

  @Test("Short jobs run between the steps of a long text")
  func jobs() async throws {
    let engine = engine()
    let endless = try await engine.submit(order("a", length: 1_000_000_000))
    for number in 0..<20 { #expect(try await engine.run { number * 2 } == number * 2) }
    await #expect(throws: InferenceError.notFinite) { try await engine.run { throw InferenceError.notFinite } }
    endless.output.cancel()
  }

  @Test("A replaced engine finishes its requests")
  func retirement() async throws {
    let engine = engine()
    let order = try order("abc", length: 200)
    let output = try await engine.submit(order).output
    await engine.retire()
    #expect(try await texts(order, output) == alone(order))
  }

  @Test("A sampler that rules out all tokens causes only its own request to fail")
  func impossible() async throws {
    let engine = engine()
    var impossible = try order("a", length: 5)
    impossible.options.sampler = Sampler([ForbiddenTokens(0..<9)])
    let other = try order("b", length: 30)
    let outputs = try await (engine.submit(impossible).output, engine.submit(other).output)
    await #expect(throws: ServerFailure.self) { try await texts(impossible, outputs.0) }
    #expect(try await texts(other, outputs.1) == alone(other))
  }
}
#endif
