import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct GenerationBatchTests {
  typealias Parts = EveryPartTests.Parts

  /// A text to generate: its prompt, its sampling and its length.
  private struct Order {
    let prompt: String
    let sampler: Sampler
    let length: Int
    var policy = StatePolicy.carry

    func stream(seed: UInt64, returnsMemory: Bool = false) throws -> GenerationStream {
      var options = GenerationOptions(sampler: sampler, length: length, statePolicy: policy)
      options.returnsProbabilities = true
      options.alternativeCount = 2
      options.returnsMemory = returnsMemory
      return try GenerationStream(
        after: prompt, EveryPartTests.tokenizer.encodePrompt(prompt).ids, tokenizer: EveryPartTests.tokenizer,
        options: options, random: RandomSource(seed: seed))
    }

    func memory(_ model: InferenceModel) throws -> NeuralPredictor.Memory {
      var predictor = NeuralPredictor(model)
      try predictor.read([EveryPartTests.tokenizer.startID] + EveryPartTests.tokenizer.encodePrompt(prompt).ids)
      return predictor.memory
    }
  }

  private static let orders = [
    Order(prompt: "abc", sampler: Sampler(temperature: 1), length: 9),
    Order(prompt: "", sampler: Sampler(temperature: 0.5), length: 5),
    Order(prompt: "hg\nfed", sampler: Sampler(temperature: 1, topP: 0.8), length: 12),
    // A line ends after about every second token, which resets the state.
    Order(
      prompt: "a", sampler: Sampler([LogitBias([0: 2]), CountPenalty(frequency: 0.1), Temperature(1)]), length: 9,
      policy: .reset),
    Order(prompt: "feed\n", sampler: Sampler(temperature: 2), length: 1),
    Order(prompt: "abcdefgh", sampler: Sampler(temperature: 1), length: 9),
  ]

  /// A generated text, without its index in the batch.
  private struct Text: Equatable {
    var ids: [Int32] = []
    var probabilities: [[Double]] = []
    var text = ""
    var end: GenerationEnd?

    mutating func append(_ piece: GenerationBatch.Piece) {
      ids.append(piece.id)
      probabilities.append([piece.logProbability ?? 0] + piece.alternatives.map(\.logProbability))
      text += piece.addition
      end = piece.end
    }
  }

  @Test(
    "A text has the same bits alone and in a batch, whenever it joins and whichever other texts leave",
    arguments: EveryPartTests.all)
  func joining(parts: Parts) throws {
    let model = InferenceModel(parts.model, precision: parts.precision)
    let alone = try Self.orders.enumerated().map { index, order in
      var (batch, text) = (GenerationBatch(model), Text())
      #expect(batch.join(try order.stream(seed: UInt64(index)), after: try order.memory(model)) == 0)
      while !batch.isEmpty { for step in batch.step() { text.append(try step.result.get()) } }
      #expect(text.ids.count == order.length && text.end == .length)
      return text
    }
    var (batch, texts) = (GenerationBatch(model), [Text](repeating: Text(), count: Self.orders.count))
    for step in 0..<40 where step < 12 || !batch.isEmpty {
      // Two texts join before every second step; the second text leaves after its third token.
      if step.isMultiple(of: 2), step / 2 * 2 < Self.orders.count {
        for index in step / 2 * 2..<step / 2 * 2 + 2 {
          #expect(
            batch.join(try Self.orders[index].stream(seed: UInt64(index)), after: try Self.orders[index].memory(model))
              == index)
        }
      }
      for step in batch.step() { texts[step.text].append(try step.result.get()) }
      if texts[1].ids.count == 3 { batch.leave([1]) }
    }
    #expect(texts[1].ids == Array(alone[1].ids.prefix(3)))
    for index in texts.indices where index != 1 { #expect(texts[index] == alone[index]) }
    #expect(batch.isEmpty && batch.step().isEmpty)
  }

  @Test("A text that leaves and joins another batch continues with the same bits", arguments: EveryPartTests.all)
  func leaving(parts: Parts) throws {
    let model = InferenceModel(parts.model, precision: parts.precision)
    var (batch, other) = (GenerationBatch(model), GenerationBatch(model))
    for index in 0..<3 {
      _ = batch.join(try Self.orders[index].stream(seed: UInt64(index)), after: try Self.orders[index].memory(model))
    }
    var (text, whole) = (Text(), Text())
    for _ in 0..<4 { for step in batch.step() where step.text == 2 { text.append(try step.result.get()) } }
    let (left, again) = (batch.leave([2]).first, batch.leave([2]).first)
    #expect(batch.count == 2 && again == nil)
    #expect(try other.join(#require(left).stream, after: #require(left).memory) == 0)
    while !other.isEmpty { for step in other.step() { text.append(try step.result.get()) } }
    #expect(other.join(try Self.orders[2].stream(seed: 2), after: try Self.orders[2].memory(model)) == 1)
    while !other.isEmpty { for step in other.step() { whole.append(try step.result.get()) } }
    #expect(text == whole)
  }

  @Test(
    "The state at the end of a text equals that of a predictor that has read the text",
    arguments: EveryPartTests.all)
  func memory(parts: Parts) throws {
    let model = InferenceModel(parts.model, precision: parts.precision)
    let order = Order(prompt: "bad", sampler: Sampler(temperature: 0), length: 9)
    var batch = GenerationBatch(model)
    // Another text is generated in the same batch.
    _ = batch.join(try Self.orders[0].stream(seed: 1), after: try Self.orders[0].memory(model))
    _ = batch.join(try order.stream(seed: 1, returnsMemory: true), after: try order.memory(model))
    var (ids, memory) = ([Int32](), NeuralPredictor.Memory?.none)
    while !batch.isEmpty {
      for step in batch.step() where step.text == 1 {
        ids.append(try step.result.get().id)
        memory = step.memory
      }
    }
    var predictor = NeuralPredictor(model)
    try predictor.read(
      [EveryPartTests.tokenizer.startID] + EveryPartTests.tokenizer.encodePrompt(order.prompt).ids + ids)
    #expect(memory == predictor.memory)
  }

  @Test("Predictions have the same log-probabilities as scores, and list the most probable tokens")
  func predictions() throws {
    for parts in EveryPartTests.all.filter({ $0.precision == .float32 }) {
      let model = InferenceModel(parts.model)
      var (all, scored, pieces) = (NeuralPredictor(model), NeuralPredictor(model), NeuralPredictor(model))
      try all.read([0])
      try scored.read([0])
      try pieces.read([0])
      let predictions = try all.predictions(reading: EveryPartTests.ids, alternativeCount: 3)
      for (prediction, score) in zip(predictions, try scored.score(EveryPartTests.ids)) {
        #expect(abs(prediction.logProbability - score) < 1e-5)
        #expect(
          prediction.alternatives.count == 3 && prediction.alternatives[0].logProbability >= prediction.logProbability)
        let place = prediction.alternatives.firstIndex { $0.id == prediction.id }
        #expect(prediction.rank <= 3 ? place == prediction.rank - 1 : place == nil)
        #expect(place.map { prediction.alternatives[$0].logProbability == prediction.logProbability } ?? true)
      }
      let first = try pieces.predictions(reading: Array(EveryPartTests.ids[..<7]), alternativeCount: 3)
      #expect(
        try first + pieces.predictions(reading: Array(EveryPartTests.ids[7...]), alternativeCount: 3) == predictions)
      #expect(all.memory == scored.memory && all.memory == pieces.memory)
      #expect(try all.predictions(reading: []).isEmpty)
    }
  }

  @Test("With resets, the state after a text that ends with a line end is the start state of the next line")
  func memoryAtReset() throws {
    let model = InferenceModel(EveryPartTests.all[0].model)
    let order = Order(prompt: "ab", sampler: Sampler([LogitBias([0: 100])]), length: 1, policy: .reset)
    var batch = GenerationBatch(model)
    _ = batch.join(try order.stream(seed: 1, returnsMemory: true), after: try order.memory(model))
    let memory = try #require(batch.step().first?.memory)
    var predictor = NeuralPredictor(model)
    try predictor.read([EveryPartTests.tokenizer.startID])
    #expect(memory == predictor.memory)
  }

  @Test("A text whose sampler excludes all tokens ends with an error, and the others continue")
  func nothingToDraw() throws {
    let model = InferenceModel(EveryPartTests.all[0].model)
    let impossible = Order(prompt: "a", sampler: Sampler([ForbiddenTokens(0..<9)]), length: 3)
    var (batch, text) = (GenerationBatch(model), Text())
    _ = batch.join(try impossible.stream(seed: 1), after: try impossible.memory(model))
    _ = batch.join(try Self.orders[0].stream(seed: 0), after: try Self.orders[0].memory(model))
    var errors: [InferenceError] = []
    while !batch.isEmpty {
      for step in batch.step() {
        switch step.result {
        case .success(let piece): text.append(piece)
        case .failure(let error): errors.append(error)
        }
      }
    }
    #expect(errors == [.nothingToDraw] && text.ids.count == 9)
  }

  @Test("A text of length 0 never joins a batch")
  func empty() throws {
    let model = InferenceModel(EveryPartTests.all[0].model)
    let order = Order(prompt: "a", sampler: Sampler(), length: 0)
    var batch = GenerationBatch(model)
    #expect(batch.join(try order.stream(seed: 1), after: try order.memory(model)) == nil && batch.isEmpty)
  }
}
