import MynahTensors

/// The names of the parts of a PyTorch language model in its state dictionary.
///
/// Layers with weight drop, as in AWD-LSTM (S. Merity, N. Keskar, R. Socher, 2018), wrap the `nn.LSTM`: their
/// parameters may be below `module`, and if weights are stored both raw (`weight_hh_l0_raw`) and dropped, the raw ones
/// are read.
public struct PyTorchNames: Hashable, Sendable {
  /// The `nn.Embedding`.
  public var embedding: String
  /// The recurrent layers: one `nn.LSTM`, `nn.GRU` or `nn.RNN` of any number of layers, or an `nn.ModuleList` of them.
  public var recurrent: String
  /// The `nn.Linear`; a model without its weight, or with the embedding's once more, is tied to the embedding.
  public var output: String

  /// Creates names; a module within another is named as in PyTorch: "model.encoder".
  public init(embedding: String = "embedding", recurrent: String = "recurrent", output: String = "output") {
    (self.embedding, self.recurrent, self.output) = (embedding, recurrent, output)
  }

  /// Recognises the names of well-known models: PyTorch's example word_language_model, AWD-LSTM by its authors and in
  /// fastai, and Mynah's own.
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
  /// Imports a language model from PyTorch: weights written by `safetensors.torch.save_file(module.state_dict(), …)`.
  ///
  /// Sizes and kinds follow from the tensors' shapes: four gates are an LSTM (with `weight_hr` a projected one), three
  /// a GRU, one is a simple recurrent network. Two biases that are only ever added become their sum.
  ///
  /// - Parameters:
  ///   - file: float32 tensors.
  ///   - names: The names of the parts.
  ///   - activation: The activation of simple recurrent networks, which the tensors do not show.
  /// - Throws: `CheckpointError` if a tensor is missing, or of another type or shape than the others require.
  public init(
    pyTorch file: SafetensorsFile, names: PyTorchNames = PyTorchNames(), activation: RNNCell.Activation = .tanh
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
    self = try parts.model(
      output: weight == embedding ? nil : weight,
      bias: try file.optionalTensor(named: names.output + ".bias", shape: [embedding.shape[0]]), path: file.path)
  }
}

extension SafetensorsFile {
  /// Returns the names of each layer's parameters with placeholders: "rnn.%_l0" or "rnns.0.^%_l0", where % is the kind
  /// of parameter, and ^ is "module." or empty.
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

  /// Returns the full name of a layer's parameter of some kind: the first possible name that exists, or the default
  /// one.
  private func pyTorchName(_ layer: String, _ kind: String) -> String {
    let usual = layer.replacing("%", with: kind).replacing("^", with: "")
    guard layer.contains("^") else { return usual }
    let wrapped = layer.replacing("%", with: kind).replacing("^", with: "module.")
    return [usual + "_raw", wrapped + "_raw", usual, wrapped].first { self[$0] != nil } ?? usual
  }

  fileprivate func pyTorchLayer(
    _ name: String, inputSize: Int, activation: RNNCell.Activation
  ) throws(CheckpointError) -> (LayerConfiguration, [Tensor]) {
    func parameter(_ kind: String) -> String { pyTorchName(name, kind) }
    let recurrent = try matrix(named: parameter("weight_hh"))
    let projection = self[parameter("weight_hr")] == nil ? nil : try matrix(named: parameter("weight_hr"))
    let hiddenSize = projection?.shape[1] ?? recurrent.shape[1]
    let kind = CellKinds.standard.all.first { kind in
      guard let module = kind.interchange.pyTorch else { return false }
      return module.blockCount * hiddenSize == recurrent.shape[0] && module.isProjected == (projection != nil)
        && module.activation ?? activation.rawValue == activation.rawValue
    }
    guard let kind else {
      throw .unsupportedLayer(
        path: path, name: parameter("weight_hh"),
        reason: "shape \(recurrent.shape) is none of an LSTM, a GRU or a simple recurrent network")
    }
    let layer = LayerConfiguration(
      kind, hiddenSize, settings: projection.map { ["outputSize": Double($0.shape[0])] } ?? [:])
    var weights: [Tensor] = []
    for spec in kind.parameters(LayerShape(layer, of: kind, inputSize: inputSize)) {
      // PyTorch names a layer's number, which is 0 in the names of the specs.
      func stored(_ own: String) -> String { parameter(String(own.dropLast(3))) }
      guard case .bias = spec.role else {
        weights.append(try tensor(named: stored(spec.name), shape: spec.shape))
        continue
      }
      let bias = try optionalTensor(named: stored(spec.name), shape: spec.shape)
      let twin = try spec.pyTorchTwin.map { twin throws(CheckpointError) in
        try optionalTensor(named: stored(twin), shape: spec.shape)
      }
      weights.append(twin.map { bias + $0 } ?? bias)
    }
    return (layer, weights)
  }

  /// Returns a float32 matrix of any shape.
  func matrix(named name: String) throws(CheckpointError) -> Tensor {
    let tensor = try tensor(named: name)
    guard tensor.shape.rank == 2 && tensor.shape.elementCount > 0 else {
      throw .unsupportedLayer(path: path, name: name, reason: "a matrix was expected, found shape \(tensor.shape)")
    }
    return tensor
  }

  /// Returns a tensor, or zeros if the other program's layer has none.
  func optionalTensor(named name: String, shape: Shape) throws(CheckpointError) -> Tensor {
    self[name] == nil ? .zeros(shape) : try tensor(named: name, shape: shape)
  }
}

/// The parts of another program's model, in the order in which they are read.
struct ModelParts {
  private var layers: [LayerConfiguration] = []
  private var parameters: [Tensor]
  private let vocabularySize, embeddingSize: Int
  /// The size of the outputs of the last layer so far.
  private(set) var outputSize: Int

  init(embedding: Tensor) {
    parameters = [embedding]
    (vocabularySize, embeddingSize) = (embedding.shape[0], embedding.shape[1])
    outputSize = embeddingSize
  }

  /// Adds a layer of a standard kind.
  mutating func append(_ layer: LayerConfiguration, _ weights: [Tensor]) {
    if let kind = CellKinds.standard[layer.kind] {
      outputSize = kind.outputSize(LayerShape(layer, of: kind, inputSize: outputSize))
    }
    layers.append(layer)
    parameters += weights
  }

  /// Returns the model; without output weights it is tied.
  ///
  /// - Throws: `CheckpointError.unexpectedMetadata` if the sizes do not make a model.
  func model(output: Tensor?, bias: Tensor, path: String) throws(CheckpointError) -> LanguageModel {
    let configuration = LanguageModelConfiguration(
      vocabulary: vocabularySize, embedding: embeddingSize, layers: layers, output: .softmax(tied: output == nil))
    do throws(ModelError) {
      return LanguageModel(
        try ModelArchitecture(configuration), parameters: parameters + (output.map { [$0] } ?? []) + [bias])
    } catch {
      throw .unsupportedLayer(path: path, name: "the whole model", reason: error.description)
    }
  }
}
