import MynahTensors

/// Where the parts of a PyTorch language model stand in its state dictionary.
///
/// Layers whose recurrent weights are dropped, as in AWD-LSTM (S. Merity, N. Keskar, R. Socher, 2017), wrap the `nn.LSTM`: their
/// parameters are found below `module` too, and where weights are stored as they are (`weight_hh_l0_raw`) and as they were last dropped,
/// the former are taken.
public struct PyTorchNames: Hashable, Sendable {
  /// The `nn.Embedding`.
  public var embedding: String
  /// The recurrent layers: one `nn.LSTM`, `nn.GRU` or `nn.RNN` of any number of layers, or an `nn.ModuleList` of them.
  public var recurrent: String
  /// The `nn.Linear`; a model without its weight, or with the embedding's once more, is tied to the embedding.
  public var output: String

  /// Names the parts; a module within another is named as in PyTorch: "model.encoder".
  public init(embedding: String = "embedding", recurrent: String = "recurrent", output: String = "output") {
    (self.embedding, self.recurrent, self.output) = (embedding, recurrent, output)
  }

  /// Recognises the names of well-known models: PyTorch's example word_language_model, AWD-LSTM by its authors and in fastai, and
  /// Mynah's own.
  ///
  /// - Returns: nil if none of them fits.
  public init?(recognizing file: SafetensorsFile) {
    let known = [
      PyTorchNames(), PyTorchNames(embedding: "encoder", recurrent: "rnn", output: "decoder"),
      PyTorchNames(embedding: "encoder", recurrent: "rnns", output: "decoder"),
      PyTorchNames(embedding: "0.encoder", recurrent: "0.rnns", output: "1.decoder"),
    ]
    let names = file.names
    let found = known.first { known in
      names.contains(known.embedding + ".weight") && names.contains { $0.hasPrefix(known.recurrent + ".") }
    }
    guard let found else { return nil }
    self = found
  }
}

extension LanguageModel {
  /// Takes a language model over from PyTorch: the weights that `safetensors.torch.save_file(module.state_dict(), …)` wrote.
  ///
  /// Sizes and kinds are read off the tensors' shapes: four gates are an LSTM (with `weight_hr` a projected one), three a GRU,
  /// one is a simple recurrent network. Of two biases that are only ever added the sum is kept.
  ///
  /// - Parameters:
  ///   - file: float32 tensors.
  ///   - names: What the parts are called.
  ///   - activation: What a simple recurrent network is bounded by, which no tensor tells.
  /// - Throws: `CheckpointError` if a tensor is missing, or of another type or shape than the others ask for.
  public init(
    pyTorch file: SafetensorsFile, names: PyTorchNames = PyTorchNames(),
    activation: SimpleRNNCell.Activation = .tanh
  ) throws(CheckpointError) {
    let embedding = try file.matrix(named: names.embedding + ".weight")
    var parts = ModelParts(embedding: embedding)
    for name in try file.pyTorchLayers(names.recurrent) {
      let (layer, weights) = try file.pyTorchLayer(name, inputSize: parts.outputSize, activation: activation)
      parts.append(layer, weights)
    }
    let weightName = names.output + ".weight"
    let shape: Shape = [embedding.shape[0], parts.outputSize]
    let isMissing = file[weightName] == nil && parts.outputSize == embedding.shape[1]
    let weight = isMissing ? embedding : try file.tensor(named: weightName, shape: shape)
    self = parts.model(
      output: weight == embedding ? nil : weight,
      bias: try file.optionalTensor(named: names.output + ".bias", shape: [embedding.shape[0]]))
  }
}

extension SafetensorsFile {
  /// The layers' parameters as names with a place for their kind: "rnn.%_l0", "rnns.0.^%_l0" where some stand below `module`.
  fileprivate func pyTorchLayers(_ prefix: String) throws(CheckpointError) -> [String] {
    if let reverse = names.first(where: { $0.hasPrefix(prefix + ".") && $0.hasSuffix("_reverse") }) {
      throw .unsupportedLayer(path: path, name: reverse, reason: "a language model reads forwards only")
    }
    func found(_ layer: (Int) -> String) -> [String] {
      var names: [String] = []
      while self[pyTorchName(layer(names.count), "weight_ih")] != nil { names.append(layer(names.count)) }
      return names
    }
    let stacked = found { "\(prefix).%_l\($0)" }
    let listed = stacked.isEmpty ? found { "\(prefix).\($0).^%_l0" } : stacked
    guard !listed.isEmpty else { throw .missingTensor(path: path, name: prefix + ".weight_ih_l0") }
    return listed
  }

  /// The full name of a layer's parameter of some kind: the first of the places where it may stand, or the usual one.
  private func pyTorchName(_ layer: String, _ kind: String) -> String {
    let usual = layer.replacing("%", with: kind).replacing("^", with: "")
    guard layer.contains("^") else { return usual }
    let wrapped = layer.replacing("%", with: kind).replacing("^", with: "module.")
    return [usual + "_raw", wrapped + "_raw", usual, wrapped].first { self[$0] != nil } ?? usual
  }

  fileprivate func pyTorchLayer(
    _ name: String, inputSize: Int, activation: SimpleRNNCell.Activation
  ) throws(CheckpointError) -> (RecurrentLayer, [Tensor]) {
    func parameter(_ kind: String) -> String { pyTorchName(name, kind) }
    let recurrent = try matrix(named: parameter("weight_hh"))
    let projection = self[parameter("weight_hr")] == nil ? nil : try matrix(named: parameter("weight_hr"))
    let hiddenSize = projection?.shape[1] ?? recurrent.shape[1]
    let layer: RecurrentLayer
    switch (recurrent.shape[0], projection) {
    case (4 * hiddenSize, let projection?): layer = .projectedLSTM(hiddenSize, to: projection.shape[0])
    case (4 * hiddenSize, nil): layer = .lstm(hiddenSize)
    case (3 * hiddenSize, nil): layer = .gru(hiddenSize)
    case (hiddenSize, nil): layer = .simple(hiddenSize, activation: activation)
    default:
      throw .unsupportedLayer(
        path: path, name: parameter("weight_hh"),
        reason: "shape \(recurrent.shape) is none of an LSTM, a GRU or a simple recurrent network")
    }
    let rows = recurrent.shape[0]
    let input = try tensor(named: parameter("weight_ih"), shape: [rows, inputSize])
    let first = try optionalTensor(named: parameter("bias_ih"), shape: [rows])
    let second = try optionalTensor(named: parameter("bias_hh"), shape: [rows])
    var weights = [input, try tensor(named: parameter("weight_hh"), shape: [rows, layer.outputSize])]
    if case .gru = layer { weights += [first, second] } else { weights.append(first + second) }
    return (layer, weights + (projection.map { [$0] } ?? []))
  }

  /// A float32 matrix of any shape.
  func matrix(named name: String) throws(CheckpointError) -> Tensor {
    let tensor = try tensor(named: name)
    guard tensor.shape.rank == 2 && tensor.shape.elementCount > 0 else {
      throw .unsupportedLayer(path: path, name: name, reason: "a matrix was expected, found shape \(tensor.shape)")
    }
    return tensor
  }

  /// A tensor, or zeros where the other program's layer has none.
  func optionalTensor(named name: String, shape: Shape) throws(CheckpointError) -> Tensor {
    self[name] == nil ? .zeros(shape) : try tensor(named: name, shape: shape)
  }
}

/// The parts of a model of another program, as they are found.
struct ModelParts {
  private var layers: [RecurrentLayer] = []
  private var parameters: [Tensor]
  private let vocabularySize, embeddingSize: Int

  init(embedding: Tensor) {
    parameters = [embedding]
    (vocabularySize, embeddingSize) = (embedding.shape[0], embedding.shape[1])
  }

  /// The size of what the last layer so far puts out.
  var outputSize: Int { layers.last?.outputSize ?? embeddingSize }

  mutating func append(_ layer: RecurrentLayer, _ weights: [Tensor]) {
    layers.append(layer)
    parameters += weights
  }

  /// The model; without an output's weights those are the embedding's.
  func model(output: Tensor?, bias: Tensor) -> LanguageModel {
    var configuration = LanguageModelConfiguration(
      vocabularySize: vocabularySize, embedding: embeddingSize, recurrent: layers)
    configuration.isTied = output == nil
    return LanguageModel(configuration, parameters: parameters + (output.map { [$0] } ?? []) + [bias])
  }
}
