import Foundation
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

/// Language models with every kind of layer and with every option.
struct ModelKindTests {
  static let kinds: [LayerConfiguration] = [
    .lstm(4), .lstm(4, forgetBias: 1), .rnn(4), .rnn(4, activation: .relu), .gru(4), .gru(4, reset: .before),
    .peepholeLSTM(4), .peepholeLSTM(4, forgetBias: 1.5), .coupledLSTM(4), .projectedLSTM(6, to: 4),
    .projectedLSTM(6, to: 4, forgetBias: 1), .cappedLSTM(4, forgetBias: 1),
    .mogrifierLSTM(4, rounds: 3, rank: 2, capsInputGate: true, forgetBias: 1), .minGRU(4), .sru(4), .qrnn(4),
    .qrnn(4, window: 2),
  ]

  static func configuration(
    _ layers: [LayerConfiguration], _ change: (inout LanguageModelConfiguration) -> Void = { _ in }
  ) -> LanguageModelConfiguration {
    var configuration = LanguageModelConfiguration(
      vocabulary: 6, embedding: 4, layers: layers, initializer: .uniform(0.5))
    change(&configuration)
    return configuration
  }

  static func model(_ configuration: LanguageModelConfiguration) -> LanguageModel {
    var random = RandomSource(seed: 12)
    return LanguageModel(configuration, using: &random)
  }

  static let options: [LanguageModelConfiguration] =
    kinds.map { configuration([$0, $0]) } + [
      configuration([.gru(5), .lstm(4)]) { $0.output.isTied = true },
      configuration([.rnn(4), .lstm(4)]) { $0.connections = .residual },
      configuration([.rnn(4), .lstm(4), .gru(4)]) { $0.connections = .skip },
      configuration([.lstm(4)]) {
        ($0.recurrentInitializer, $0.embeddingInitializer, $0.outputInitializer) = (.orthogonal, .zeros, .glorotUniform)
        $0.dropout = DropoutRates(embedding: 0.1, weights: 0.2, isVariational: true)
      },
    ]

  @Test("Names and shapes match the architecture, and every parameter gets a gradient", arguments: options)
  func parameters(configuration: LanguageModelConfiguration) {
    let model = Self.model(configuration)
    #expect(model.architecture.parameterSpecs == model.parameterSpecs)
    #expect(model.parameterSpecs.map(\.name) == model.parameters.map(\.name))
    #expect(model.parameterSpecs.map(\.shape) == model.parameters.map(\.value.shape))
    let tape = Tape()
    let (tracked, parameters) = model.tracked(by: tape)
    let ids: [Int32] = [0, 1, 2, 3, 4, 5, 0, 1]
    let pass = tracked.loss(inputs: ids, targets: ids.reversed(), state: model.initialState(batchSize: 2))
    #expect(pass.state.layers.allSatisfy { !$0.parts.contains(where: \.isTracked) })
    for (name, gradient) in zip(model.parameters.map(\.name), tape.gradients(of: pass.value, for: parameters)) {
      #expect(gradient.sumOfSquares > 0 || configuration.embeddingInitializer == .zeros, "\(name) has no gradient")
    }
  }

  @Test("A pass in pieces, with its state carried over, gives the same bits as one pass", arguments: options)
  func carriedState(configuration: LanguageModelConfiguration) {
    let model = Self.model(configuration)
    let ids: [Int32] = [0, 1, 2, 3, 4, 5]
    let whole = model.logits(ids, state: model.initialState(batchSize: 2))
    let first = model.logits(Array(ids[..<2]), state: model.initialState(batchSize: 2))
    let second = model.logits(Array(ids[2...]), state: first.state)
    #expect(first.logits.value.elements + second.logits.value.elements == whole.logits.value.elements)
    #expect(zip(second.state.layers, whole.state.layers).allSatisfy { $0.bits == $1.bits })
  }

  @Test(
    "Outputs past a row's length are zero, and each row gives the same bits as its sequence alone",
    arguments: options)
  func lengths(configuration: LanguageModelConfiguration) {
    let model = Self.model(configuration)
    let (ids, lengths): ([Int32], [Int]) = ([0, 1, 2, 3, 4, 5, 1, 0, 0], [3, 1, 2])
    let padded = model(ids, state: model.initialState(batchSize: 3), lengths: lengths)
    let outputs = padded.output.values.value
    for (row, length) in lengths.enumerated() {
      let own = (0..<length).map { ids[$0 * 3 + row] }
      let alone = model(own, state: model.initialState(batchSize: 1))
      let found = outputs.slice(row..<row + 1, axis: 1)
      #expect(found.slice(0..<length).elements.bits == alone.output.values.value.elements.bits)
      #expect(found.slice(length..<3).elements.allSatisfy { $0 == 0 })
      for (batch, single) in zip(padded.state.layers, alone.state.layers) {
        #expect(batch.parts.map { $0.value.slice(row..<row + 1).elements.bits } == single.bits)
      }
    }
    let logits = model.logits(ids, state: model.initialState(batchSize: 3), lengths: [3, 3, 3]).logits.value
    #expect(logits == model.logits(ids, state: model.initialState(batchSize: 3)).logits.value)
  }

  @Test("A model file is read back as the same model, and equal models give equal bytes", arguments: options)
  func files(configuration: LanguageModelConfiguration) throws {
    let folder = try ScratchFolder()
    let vocabulary = try Vocabulary(tokens: ["<unk>", "<eos>", "a", "b", "c", "d"])
    let file = ModelFile(
      model: Self.model(configuration), tokenizer: .word(WordTokenizer(vocabulary: vocabulary)))
    try file.write(to: folder("model"))
    let read = try ModelFile(contentsOf: folder("model"))
    #expect(read.model.configuration == configuration)
    #expect(read.model.parameters.map(\.value) == file.model.parameters.map(\.value))
    let ids: [Int32] = [3, 1, 0, 5]
    let state = file.model.initialState(batchSize: 1)
    #expect(read.model.logits(ids, state: state).logits.value == file.model.logits(ids, state: state).logits.value)
    try read.write(to: folder("again"))
    #expect(try folder.bytes(of: "again") == folder.bytes(of: "model"))
    let names = Set(try SafetensorsFile(contentsOf: folder("model")).names)
    #expect(names.contains("output.weight") == !configuration.isTied)
    let specs = file.model.parameterSpecs
    #expect(names.isSuperset(of: specs.map(\.name) + specs.compactMap(\.pyTorchTwin)))
  }

  @Test("A configuration is encoded with the names of its properties as keys")
  func coded() throws {
    let configuration = LanguageModelConfiguration(
      vocabulary: 6, embedding: 3, layers: [.lstm(4), .gru(2)], dropout: .outputs(0.25), initializer: .uniform(0.25))
    let json =
      #"{"connections":"sequential","dropout":{"embedding":0,"hidden":0.25,"input":0,"isVariational":false,"#
      + #""latent":0,"layerInput":0,"output":0.25,"weights":0},"embeddingSize":3,"#
      + #""initializer":{"bound":0.25,"kind":"uniform"},"#
      + #""layers":[{"hiddenSize":4,"kind":"lstm"},{"hiddenSize":2,"kind":"gru"}],"#
      + #""output":{"isTied":false,"kind":"softmax","sizes":[]},"vocabularySize":6}"#
    #expect(try SafetensorsFile.encode(configuration) == json)
    #expect(try JSONDecoder().decode(LanguageModelConfiguration.self, from: Data(json.utf8)) == configuration)
  }

  @Test("Each layer is encoded with its kind, size and settings", arguments: kinds)
  func coding(layer: LayerConfiguration) throws {
    let json = try SafetensorsFile.encode(layer)
    #expect(try JSONDecoder().decode(LayerConfiguration.self, from: Data(json.utf8)) == layer)
    #expect(json.contains("forgetBias") == (layer.settings["forgetBias"] != nil))
  }

  @Test("A layer without kind or size, or with a non-numeric setting, is refused")
  func malformedLayer() {
    for json in [#"{"kind":"gru"}"#, #"{"hiddenSize":4}"#, #"{"kind":"lstm","hiddenSize":4,"forgetBias":"1"}"#] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(LayerConfiguration.self, from: Data(json.utf8)) }
    }
  }

  @Test("Tied weights are counted once, change together, and have the sum of both uses' gradients")
  func tied() {
    let ids: [Int32] = [0, 1, 2, 3], targets: [Int32] = [1, 2, 3, 0]
    let tied = Self.model(Self.configuration([.lstm(4)]) { $0.output.isTied = true })
    #expect(tied.softmax.weight.value == tied.embedding.weight.value)
    var separate = Self.model(Self.configuration([.lstm(4)]))
    var values = tied.parameters.map(\.value)
    values.insert(values[0], at: values.count - 1)
    var next = values.makeIterator()
    separate.visitParameters(prefix: "") { _, parameter in parameter = Variable(next.next() ?? parameter.value) }
    #expect(tied.parameterCount == separate.parameterCount - 24)
    func gradients(_ model: LanguageModel) -> [Tensor] {
      let tape = Tape()
      let (tracked, parameters) = model.tracked(by: tape)
      let pass = tracked.loss(inputs: ids, targets: targets, state: model.initialState(batchSize: 2))
      return tape.gradients(of: pass.value, for: parameters).map(\.dense)
    }
    let (one, two) = (gradients(tied), gradients(separate))
    #expect(differenceToScale(one[0].elements, (two[0] + two[two.count - 2]).elements) < 1e-5)
    var changed = tied
    changed.visitParameters(prefix: "") { spec, parameter in
      if spec.name == "embedding.weight" { parameter = Variable(.zeros([6, 4])) }
    }
    #expect(changed.softmax.weight.value == .zeros([6, 4]))
    #expect(
      tied.summary.contains("output (Softmax, tied)")
        && tied.layers.map(\.parameters).reduce(0, +) == tied.parameterCount)
  }

  @Test(
    "If a visit of a tied model throws, parameters already visited keep their changes and the rest keep their values")
  func throwingVisit() {
    struct Stop: Error {}
    let model = Self.model(Self.configuration([.lstm(4)]) { $0.output.isTied = true })
    let state = model.initialState(batchSize: 1)
    for count in 0...model.parameterSpecs.count {
      var (changed, visited) = (model, 0)
      let outcome = Result {
        try changed.visitParameters(prefix: "") { _, parameter in
          if visited == count { throw Stop() }
          visited += 1
          parameter = Variable(parameter.value + 1)
        }
      }
      let hasThrown = (try? outcome.get()) == nil
      #expect(hasThrown == (count < model.parameterSpecs.count))
      for (index, values) in zip(model.parameters, changed.parameters).enumerated() {
        let expected = index < count ? values.0.value + 1 : values.0.value
        #expect(values.1.value == expected, "\(values.0.name) after \(count)")
      }
      #expect(changed.softmax.weight.value == changed.embedding.weight.value)
      #expect(changed.logits([1, 2], state: state).logits.shape == [2, 6])
    }
  }

  @Test("A residual layer's inputs are added to its outputs only if the sizes agree")
  func residual() {
    func hidden(_ layers: [LayerConfiguration], isResidual: Bool) -> (LanguageModel, Tensor) {
      let model = Self.model(Self.configuration(layers) { $0.connections = isResidual ? .residual : .sequential })
      return (model, model([0, 1, 2], state: model.initialState(batchSize: 1)).output.rows.value)
    }
    let (model, plain) = hidden([.lstm(4)], isResidual: false)
    let inputs = model.embedding([0, 1, 2]).value
    #expect(hidden([.lstm(4)], isResidual: true).1 == plain + inputs)
    #expect(hidden([.lstm(5)], isResidual: true).1 == hidden([.lstm(5)], isResidual: false).1)
  }

  @Test("With skip connections, the output layer reads the sum of all layers' outputs, which must have equal sizes")
  func skipConnections() throws {
    let model = Self.model(Self.configuration([.lstm(5), .gru(5), .rnn(5)]) { $0.connections = .skip })
    let pass = model([3], state: model.initialState(batchSize: 1))
    // After the first token, the outputs of these layers are the first parts of their states.
    let sum = pass.state.layers.map(\.hidden.value).reduce(Tensor.zeros([1, 5])) { $0 + $1 }
    #expect(pass.output.rows.value == sum && pass.undropped.rows.value == sum)
    let unequal = Self.configuration([.lstm(5), .lstm(4)]) { $0.connections = .skip }
    #expect(
      unequal.defect()
        == "skip connections add the outputs of all layers, which must have the same size, found [5, 4]")
  }

  @Test("Biases start at zero, except forget biases, and each part uses its own initializer")
  func initialWeights() {
    for kind in Self.kinds {
      for (name, value) in Self.model(Self.configuration([kind])).parameters where name.contains("bias_") {
        let numbers = Set(value.elements)
        #expect(numbers == Set([0, Float(kind.settings["forgetBias"] ?? 0)]), "\(kind) \(name)")
      }
    }
    let model = Self.model(
      Self.configuration([.lstm(4)]) {
        ($0.recurrentInitializer, $0.embeddingInitializer, $0.outputInitializer) = (.zeros, .uniform(0.01), .uniform(2))
      })
    #expect(model.parameters[2].value == .zeros([16, 4]))
    #expect(model.embedding.weight.value.elements.allSatisfy { abs($0) <= 0.01 })
    #expect(model.softmax.weight.value.elements.contains { abs($0) > 1 } && model.softmax.bias.value == .zeros([6]))
  }

  @Test(
    "An invalid configuration is refused with a reason",
    arguments: [
      (configuration([.lstm(5)]) { $0.output.isTied = true }, "tied"),
      (configuration([.projectedLSTM(4, to: 0)]), "'outputSize'"),
      (configuration([LayerConfiguration(.projectedLSTM, 4)]), "needs the setting 'outputSize'"),
      (configuration([LayerConfiguration(.projectedLSTM, 4, settings: ["outputSize": 2.5])]), "whole number"),
      (configuration([LayerConfiguration(.gru, 4, settings: ["forgetBias": 1])]), "no setting 'forgetBias'"),
      (configuration([.qrnn(4, window: 3)]), "'window'"), (configuration([.qrnn(4, window: 0)]), "'window'"),
      (configuration([.mogrifierLSTM(4, rounds: 17)]), "'rounds'"),
      (configuration([.mogrifierLSTM(4, rank: -1)]), "'rank'"),
      (configuration([.lstm(4, forgetBias: .infinity)]), "'forgetBias'"), (configuration([.lstm(0)]), "sizes"),
      (configuration([LayerConfiguration("transformer", 4)]), "unknown kind of layer 'transformer'"),
      (configuration([.lstm(4)]) { $0.output.kind = "hash" }, "unknown kind of output layer 'hash'"),
      (configuration([.lstm(4)]) { $0.dropout.weights = 1 }, "dropout rate"),
      (configuration([.lstm(4)]) { $0.dropout.embedding = .nan }, "dropout rate"),
      (configuration([.lstm(4)]) { $0.recurrentInitializer = .uniform(-1) }, "bound"),
      (configuration([]), "at least one"),
    ])
  func defects(configuration: LanguageModelConfiguration, word: String) {
    let defect = configuration.defect() ?? "none"
    #expect(defect.contains(word), "\(defect)")
    #expect(throws: ModelError.impossible(reason: defect)) { try ModelArchitecture(configuration) }
  }

  @Test("Weights can be tied if a cell's output size equals its input size, whatever its hidden size")
  func outputsOfTheInputsSize() throws {
    let kind = CellKind(
      "narrow", outputSize: \.inputSize,
      parameters: { [ParameterSpec("weight_ih", [$0.hiddenSize, $0.inputSize], .inputWeight)] },
      cell: { RNNCell(inputWeight: $1[0], recurrentWeight: $1[0], bias: Variable(.zeros([$0.hiddenSize]))) })
    let configuration = Self.configuration([LayerConfiguration("narrow", 7)]) { $0.output.isTied = true }
    let architecture = try ModelArchitecture(configuration, kinds: .standard.adding(kind))
    #expect(architecture.layerSizes == [4, 4] && architecture.output.shape.isTied)
    #expect(configuration.defect()?.contains("unknown kind of layer 'narrow'") == true)
  }
}

extension LanguageModel {
  /// The linear layer of a softmax output.
  var softmax: Linear {
    (output as? Softmax)?.linear ?? Linear(weight: Variable(Tensor([])), bias: Variable(Tensor([])))
  }
}
