import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import TestSupport
import Testing

/// Tests all uses of a model with every combination of cell, output layer and precision, and with all connections
/// between layers.
struct EveryPartTests {
  /// A model with one kind of cell and one kind of output layer, over eight characters and a line end.
  struct Parts: CustomTestStringConvertible, Sendable {
    let cell: CellKind
    let output: OutputConfiguration
    let precision: WeightPrecision
    var connections = LayerConnections.sequential

    var testDescription: String {
      "\(cell.title), \(output.kind)\(output.isTied ? " tied" : ""), \(precision.rawValue), \(connections.rawValue)"
    }

    var kinds: ModelKinds { .standard.adding(cell) }

    /// Two layers, to cover inputs of the layer's own size and of another size, and both window sizes of a QRNN.
    var configuration: LanguageModelConfiguration {
      let isProjected = cell.settings.contains { $0.name == "outputSize" }
      let layer = LayerConfiguration(cell, isProjected ? 8 : 6, settings: isProjected ? ["outputSize": 6] : [:])
      var first = layer
      if cell.settings.contains(where: { $0.name == "window" }) { first.settings["window"] = 2 }
      var configuration = LanguageModelConfiguration(
        vocabulary: 9, embedding: output.isTied ? 6 : 5, layers: [first, layer], output: output,
        initializer: .uniform(0.6))
      configuration.connections = connections
      return configuration
    }

    var model: LanguageModel {
      var random = RandomSource(seed: 5)
      return LanguageModel(configuration, kinds: kinds, using: &random)
    }
  }

  /// A custom cell without kernels: a leaky integrator.
  static let leaky = CellKind(
    "leaky", title: "leaky integrator",
    parameters: { layer in
      [
        ParameterSpec("weight", [layer.hiddenSize, layer.inputSize], .inputWeight),
        ParameterSpec("bias", [layer.hiddenSize], .bias()),
      ]
    },
    cell: { LeakyCell(weight: $1[0], bias: $1[1]) })

  struct LeakyCell: RecurrentCell {
    let weight, bias: Variable

    func projection(of x: Variable) -> Variable { x.matmul(weight, transposingOther: true) + bias }

    func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
      let h = 0.5 * state.hidden + 0.5 * projection.tanh()
      return (h, LayerState(hidden: h))
    }
  }

  static let outputs: [OutputConfiguration] = [
    .softmax(), .softmax(tied: true), .adaptiveSoftmax(cutoffs: [3, 6]), .mixtureOfSoftmaxes(3, size: 4),
  ]

  static let all =
    (CellKinds.standard.all + [leaky]).flatMap { cell in
      outputs.flatMap { output in
        WeightPrecision.allCases.map { Parts(cell: cell, output: output, precision: $0) }
      }
    } + connected

  /// Models with residual and skip connections, of cells with and without kernels.
  private static let connected = [LayerConnections.residual, .skip].flatMap { connections in
    [CellKind.lstm, .qrnn, leaky].flatMap { cell in
      outputs.map { Parts(cell: cell, output: $0, precision: .float32, connections: connections) }
    } + [Parts(cell: .lstm, output: .softmax(), precision: .int8, connections: connections)]
  }

  static let tokenizer: AnyTokenizer = {
    do {
      return .character(try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["\n"] + "abcdefgh".map { String($0) })))
    } catch {
      preconditionFailure("nine characters make a vocabulary")
    }
  }()

  static let text = "abc\nhgfed\nab\nabcdefgh\nfeed\n"
  static let ids = (0..<24).map { Int32($0 * 7 % 9) }

  @Test("A packed model gives the same logits and losses as the original, within rounding", arguments: all)
  func packed(parts: Parts) {
    let (model, packed) = (
      parts.model.rounded(to: parts.precision), InferenceModel(parts.model, precision: parts.precision)
    )
    // At lower precision, the inputs of matrix products are rounded too.
    let tolerances: [WeightPrecision: Double] = [.float32: 1e-5, .bfloat16: 0.02, .int8: 0.15]
    let tolerance = tolerances[parts.precision, default: 0]
    for batchSize in [1, 3] {
      let start = model.initialState(batchSize: batchSize)
      let expected = model.logits(Self.ids, state: start).logits.logSoftmax().value
      var state = packed.initialState(batchSize: batchSize)
      let logits = packed.advance(Self.ids, state: &state).logSoftmax()
      let last = expected.slice(24 - batchSize..<24)
      #expect(largestDifference(logits.elements, last.elements) < tolerance)
      var scored = packed.initialState(batchSize: batchSize)
      let losses = packed.negativeLogProbabilities(of: Self.ids.reversed(), after: Self.ids, state: &scored)
      let loss = model.loss(inputs: Self.ids, targets: Self.ids.reversed(), state: start).loss
      #expect(abs(losses.reduce(0, +) / loss.nats - 1) < tolerance && scored == state)
    }
  }

  @Test("A text read in pieces, with its state carried or stored, gives the same bits as one pass", arguments: all)
  func carried(parts: Parts) throws {
    let packed = InferenceModel(parts.model, precision: parts.precision)
    var (whole, pieces) = (packed.initialState(), packed.initialState())
    let logits = packed.advance(Self.ids, state: &whole)
    packed.read(Array(Self.ids[..<11]), state: &pieces)
    pieces = try JSONDecoder().decode(RecurrentState.self, from: JSONEncoder().encode(pieces))
    for id in Self.ids[11..<23] { packed.read([id], state: &pieces) }
    #expect(packed.advance([Self.ids[23]], state: &pieces) == logits && pieces == whole)
  }

  @Test("Parallel streams have the same bits as single ones, on any number of threads", arguments: all)
  func streams(parts: Parts) {
    let packed = InferenceModel(parts.model, precision: parts.precision)
    let alone = (0..<7).map { stream -> [Float] in
      var state = packed.initialState()
      return packed.advance(Array(Self.ids[stream..<stream + 4]), state: &state).elements
    }
    for threadCount in [1, 3] {
      let together = ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
        var state = packed.initialState(batchSize: 7)
        return packed.advance((0..<4).flatMap { step in (0..<7).map { Self.ids[$0 + step] } }, state: &state).elements
      }
      #expect(together == alone.flatMap(\.self))
    }
  }

  @Test("Evaluating, scoring, completing and generating agree on the same text", arguments: all)
  func uses(parts: Parts) throws {
    let packed = InferenceModel(parts.model, precision: parts.precision)
    let evaluated = try packed.perplexity(of: Self.text, tokenizer: Self.tokenizer)
    var scorer = TextScorer(packed, tokenizer: Self.tokenizer, policy: .carry)
    let lines = try Self.text.split(separator: "\n").flatMap { try scorer.append(String($0)) } + scorer.finish()
    let logProbability = lines.reduce(0) { $0 + $1.logProbability }
    #expect(abs(logProbability / -evaluated.loss.nats - 1) < 1e-6)

    var predictor = NeuralPredictor(packed)
    try predictor.read([Self.tokenizer.startID])
    let next = try predictor.logProbabilities()
    #expect(abs(next.reduce(0) { $0 + exp($1) } - 1) < 1e-5)
    var completer = try Completer(NeuralPredictor(packed), tokenizer: Self.tokenizer)
    try completer.read("ab\n")
    let suggestions = try completer.suggestions(prefix: "c", count: 2)
    #expect(!suggestions.isEmpty && suggestions.allSatisfy { $0.text.hasPrefix("c") && $0.probability <= 1 })

    var options = GenerationOptions(length: 5)
    options.returnsProbabilities = true
    var generators = try (0..<2).map { _ in
      try BatchGenerator(packed, tokenizer: Self.tokenizer, prompt: "ab", count: 2, options: options, seed: 3)
    }
    let pieces = try (0..<5).map { _ in try generators[0].next() }
    #expect(try pieces.map { $0.map(\.id) } == (0..<5).map { _ in try generators[1].next().map(\.id) })
    // Scoring the generated text gives the same log-probabilities.
    var state = packed.initialState()
    let written = pieces.map { $0[0] }
    let prompt = try [Self.tokenizer.startID] + Self.tokenizer.encodePrompt("ab").ids
    let inputs = prompt + written.dropLast().map(\.id)
    let nats = packed.negativeLogProbabilities(
      of: Array((prompt + written.map(\.id)).dropFirst()), after: inputs, state: &state
    ).suffix(5)
    #expect(zip(written, nats).allSatisfy { abs(($0.logProbability ?? .nan) + $1) < 1e-4 })
  }

  @Test("A quantised model file gives the same logits as packing the original", arguments: all)
  func quantised(parts: Parts) throws {
    let folder = try ScratchFolder()
    try ModelFile(model: parts.model, tokenizer: Self.tokenizer).rounded(to: parts.precision).write(to: folder("m"))
    let file = try ModelFile(contentsOf: folder("m"), kinds: parts.kinds)
    #expect(file.precision == parts.precision && file.model.configuration == parts.configuration)
    let models = [
      InferenceModel(parts.model, precision: parts.precision), InferenceModel(file.model, precision: file.precision),
    ]
    let logits = models.map { model -> [Float] in
      var state = model.initialState()
      return model.advance(Self.ids, state: &state).elements
    }
    #expect(logits[0] == logits[1])
  }

  @Test(
    "A run that is saved and resumed ends with the same model file, byte for byte",
    arguments: all.filter { $0.precision == .float32 })
  func resumed(parts: Parts) throws {
    let folder = try ScratchFolder()
    let text = Array(repeatElement(Self.ids, count: 4).joined())
    func files(_ name: String, epochs: Int) -> TrainingFiles {
      TrainingFiles(
        modelPath: folder(name), configuration: configuration(epochs: epochs), tokenizer: Self.tokenizer, textHash: "")
    }
    func configuration(epochs: Int) -> TrainingConfiguration {
      TrainingConfiguration(
        optimizer: .adam, learningRate: .constant(0.01), epochs: epochs,
        batches: .contiguous(batchSize: 3, sequenceLength: 5),
        seed: 2)
    }
    func run(_ name: String, epochs: Int, resuming: Bool) throws {
      let files = files(name, epochs: epochs)
      var model = parts.model
      let checkpoint = resuming ? try files.resume(parts.configuration, kinds: parts.kinds) : nil
      try Trainer(configuration(epochs: epochs)).train(&model, on: text, from: checkpoint) { event in
        if case .checkpoint(let checkpoint) = event { try files.write(checkpoint) }
      }
    }
    try run("whole", epochs: 2, resuming: false)
    try run("parts", epochs: 1, resuming: false)
    try run("parts", epochs: 2, resuming: true)
    #expect(try folder.bytes(of: "parts") == folder.bytes(of: "whole"))
  }
}
