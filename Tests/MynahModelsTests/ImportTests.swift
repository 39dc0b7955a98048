import MynahModels
import MynahTensors
import TestSupport
import Testing

/// Models imported from PyTorch and Keras (`Scripts/golden-imports.py`).
struct ImportTests {
  static let names = PyTorchNames(embedding: "encoder", recurrent: "rnn", output: "decoder")

  /// The weights of a fixture, without the expected values.
  private func weights(_ file: SafetensorsFile) -> SafetensorsFile {
    var weights = file
    for name in file.names where name.hasPrefix("golden.") { weights[name] = nil }
    return weights
  }

  /// Imports the weights of a fixture.
  private func imported(
    _ file: SafetensorsFile, names: PyTorchNames? = Self.names, activation: RNNCell.Activation? = nil
  ) throws -> LanguageModel {
    try LanguageModel.importing(pyTorch: weights(file), names: names, activation: activation).model
  }

  private func importedKeras(_ file: SafetensorsFile, layout: KerasLayout = KerasLayout()) throws -> LanguageModel {
    try LanguageModel.importing(keras: weights(file), layout: layout).model
  }

  private func expectLogits(_ model: LanguageModel, _ file: SafetensorsFile) throws {
    let ids = try file.elements(named: "golden.ids", as: Int32.self)
    let logits = model.logits(ids, state: model.initialState(batchSize: 3)).logits.value
    let expected = try file.tensor(named: "golden.logits").reshaped([18, 11])
    #expect(logits.shape == expected.shape && largestDifference(logits.elements, expected.elements) < 1e-5)
  }

  @Test(
    "A model imported from PyTorch has the same logits",
    arguments: [
      ("lstm", [LayerConfiguration.lstm(5), .lstm(5)]), ("gru", [.gru(5), .gru(5)]), ("rnn", [.rnn(5)]),
      ("projected", [.projectedLSTM(5, to: 2), .projectedLSTM(5, to: 2)]), ("tied", [.lstm(4)]),
    ])
  func pyTorch(kind: String, layers: [LayerConfiguration]) throws {
    let file = try SafetensorsFile.fixture("import-pytorch-\(kind)")
    let model = try imported(file, activation: kind == "rnn" ? .tanh : nil)
    #expect(model.configuration.layers == layers && model.configuration.isTied == (kind == "tied"))
    #expect(model.configuration.vocabularySize == 11 && model.configuration.embeddingSize == 4)
    try expectLogits(model, file)
  }

  @Test(
    "Published models are recognised by their parameter names and have the same logits and losses",
    arguments: [("word-language-model", [4, 4]), ("awd-lstm", [5, 4]), ("fastai", [5, 4])])
  func published(kind: String, sizes: [Int]) throws {
    let file = try SafetensorsFile.fixture("import-\(kind)")
    let model = try imported(file, names: PyTorchNames(recognizing: file))
    #expect(model.configuration.layers == sizes.map { .lstm($0) } && model.configuration.isTied)
    try expectLogits(model, file)
    let ids = try file.elements(named: "golden.ids", as: Int32.self)
    let losses = model.output.negativeLogProbabilities(
      of: model(Array(ids.dropLast(3)), state: model.initialState(batchSize: 3)).output.rows.value,
      targets: Array(ids.dropFirst(3))
    ).rows.elements
    let expected = try file.tensor(named: "golden.losses").elements
    #expect(losses.count == 15 && largestDifference(losses, expected) < 1e-5)
  }

  @Test("Unknown parameter names are not recognised, and a decoder with different weights is not tied")
  func unrecognised() throws {
    var file = try SafetensorsFile.fixture("import-word-language-model")
    #expect(PyTorchNames(recognizing: file)?.recurrent == "rnn")
    #expect(PyTorchNames(recognizing: SafetensorsFile()) == nil)
    #expect(PyTorchNames(recognizing: try SafetensorsFile.fixture("import-keras-lstm")) == nil)
    let weight = try file.tensor(named: "decoder.weight")
    file["decoder.weight"] = StoredTensor(Tensor(shape: weight.shape, weight.elements.map { $0 + 1 }))
    #expect(try !imported(file).configuration.isTied)
  }

  @Test(
    "A model exported to PyTorch is imported again unchanged",
    arguments: [
      [LayerConfiguration.lstm(5), .lstm(5)], [.lstm(5), .lstm(3)], [.gru(5), .gru(5)], [.rnn(3)],
      [.projectedLSTM(5, to: 2), .projectedLSTM(5, to: 2)], [.lstm(4)], [.lstm(5), .gru(4)],
      [.rnn(3, activation: .relu), .rnn(3, activation: .relu)], [.rnn(3), .lstm(3), .rnn(3, activation: .relu)],
    ])
  func exported(layers: [LayerConfiguration]) throws {
    let configuration = LanguageModelConfiguration(
      vocabulary: 7, embedding: 4, layers: layers, output: .softmax(tied: layers == [.lstm(4)]))
    var random = RandomSource(seed: 2)
    let model = LanguageModel(configuration, using: &random)
    let file = try model.pyTorchWeights()
    let names = try #require(PyTorchNames(recognizing: file))
    let isOne = layers.allSatisfy { $0 == layers[0] }
    #expect(names.recurrent == (isOne ? "rnn" : "rnns") && file["decoder.weight"] != nil)
    let read = try imported(file, names: names)
    #expect(read.parameters.map { $0.value } == model.parameters.map { $0.value })
    #expect(read.configuration.layers == layers && read.configuration.isTied == configuration.isTied)
  }

  @Test(
    "Exporting layers and outputs that PyTorch lacks is refused with an error that names them",
    arguments: [
      LayerConfiguration.peepholeLSTM(4), .coupledLSTM(4), .cappedLSTM(4), .mogrifierLSTM(4), .gru(4, reset: .before),
    ])
  func notExported(layer: LayerConfiguration) throws {
    var random = RandomSource(seed: 2)
    var configuration = LanguageModelConfiguration(vocabulary: 7, embedding: 4, layers: [.lstm(4), layer])
    let model = LanguageModel(configuration, using: &random)
    #expect(throws: CheckpointError.notInPyTorch(part: "layer 1", kind: layer.builtInKind.title)) {
      try model.pyTorchWeights()
    }
    configuration.layers = [.lstm(4)]
    configuration.output = .mixtureOfSoftmaxes(2)
    let mixture = LanguageModel(configuration, using: &random)
    #expect(throws: CheckpointError.notInPyTorch(part: "the output", kind: "Mixture of softmaxes")) {
      try mixture.pyTorchWeights()
    }
    configuration.output = .softmax()
    configuration.connections = .residual
    let residual = LanguageModel(configuration, using: &random)
    #expect(throws: CheckpointError.notInPyTorch(part: "layer 0", kind: "residual layer")) {
      try residual.pyTorchWeights()
    }
    configuration.connections = .skip
    let skipping = LanguageModel(configuration, using: &random)
    #expect(throws: CheckpointError.notInPyTorch(part: "the recurrent layers", kind: "skip connection")) {
      try skipping.pyTorchWeights()
    }
  }

  @Test(
    "A model imported from Keras has the same logits",
    arguments: [
      ("lstm", [LayerConfiguration.lstm(5), .lstm(3)]), ("gru", [.gru(5)]), ("gru-before", [.gru(5, reset: .before)]),
      ("rnn", [.rnn(5)]),
    ])
  func keras(kind: String, layers: [LayerConfiguration]) throws {
    let file = try SafetensorsFile.fixture("import-keras-\(kind)")
    let model = try importedKeras(file)
    #expect(model.configuration.layers == layers)
    try expectLogits(model, file)
  }

  @Test("A layout describes arrays with another gate order or with outputs as rows")
  func layouts() throws {
    let file = try SafetensorsFile.fixture("import-keras-lstm")
    var reordered = file
    var turned = file
    for name in file.names where !name.hasPrefix("golden") {
      let tensor = try file.tensor(named: name)
      let isMatrix = tensor.shape.rank == 2
      if isMatrix && !name.hasPrefix("embedding") { turned[name] = StoredTensor(tensor.transposed()) }
      guard name.hasPrefix("recurrent") else { continue }
      let rows = isMatrix ? tensor.transposed() : tensor
      let converted = GateOrder.standard.converting(rows, to: .tensorFlow)
      reordered[name] = StoredTensor(isMatrix ? converted.transposed() : converted)
    }
    try expectLogits(try importedKeras(reordered, layout: KerasLayout(gateOrder: .tensorFlow)), file)
    try expectLogits(try importedKeras(turned, layout: KerasLayout(isTransposed: false)), file)
  }

  @Test("A list of one-layer modules is read like a stack of layers")
  func moduleList() throws {
    let file = try SafetensorsFile.fixture("import-pytorch-lstm")
    var listed = SafetensorsFile()
    for name in file.names where !name.hasPrefix("golden.") {
      let changed = name.replacing("rnn.", with: name.contains("_l1") ? "rnn.1." : "rnn.0.").replacing(
        "_l1", with: "_l0")
      listed[changed] = file[name]
    }
    try expectLogits(try imported(listed), file)
  }

  @Test("Errors name a missing tensor, or one of the wrong shape or type")
  func damaged() throws {
    let file = try SafetensorsFile.fixture("import-pytorch-lstm")
    func error(_ change: (inout SafetensorsFile) -> Void) -> CheckpointError? {
      var changed = file
      change(&changed)
      return #expect(throws: CheckpointError.self) { try imported(changed) }
    }
    let path = file.path
    #expect(error { $0["encoder.weight"] = nil } == .missingTensor(path: path, name: "encoder.weight"))
    #expect(error { $0["rnn.weight_ih_l0"] = nil } == .missingTensor(path: path, name: "rnn.weight_ih_l0"))
    #expect(error { $0["decoder.weight"] = nil } == .missingTensor(path: path, name: "decoder.weight"))
    #expect(
      error { $0["decoder.weight"] = StoredTensor(.zeros([11, 4])) }
        == .unexpectedShape(path: path, name: "decoder.weight", expected: [11, 5], found: [11, 4]))
    #expect(
      error { $0["rnn.weight_ih_l1"] = StoredTensor(.zeros([20, 4])) }
        == .unexpectedShape(path: path, name: "rnn.weight_ih_l1", expected: [20, 5], found: [20, 4]))
    #expect(
      error { $0["rnn.bias_ih_l0"] = StoredTensor([1, 2] as [Int64]) }
        == .unexpectedShape(path: path, name: "rnn.bias_ih_l0", expected: [20], found: [2]))
    #expect(
      error { $0["encoder.weight"] = StoredTensor([1, 2] as [Int64]) }
        == .unexpectedElementType(path: path, name: "encoder.weight", expected: .float32, found: .int64))
    for (name, tensor) in [
      ("rnn.weight_ih_l0_reverse", Tensor.zeros([20, 4])), ("rnn.weight_hh_l0", .zeros([11, 5])),
      ("encoder.weight", .zeros([3])), ("rnn.weight_hh_l0", .zeros([0, 0])), ("encoder.weight", .zeros([0, 4])),
    ] {
      let found = error { $0[name] = StoredTensor(tensor) }
      guard let found, case .unsupportedLayer(path, name, _) = found else {
        Issue.record("\(name): \(String(describing: found))")
        continue
      }
      #expect("\(found)".contains("cannot be imported"))
    }
    #expect(throws: CheckpointError.missingTensor(path: path, name: "embedding.embeddings")) {
      try importedKeras(file)
    }
  }
}
