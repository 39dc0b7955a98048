import MynahIO
import MynahTensors

extension LanguageModel {
  /// Imports a language model from PyTorch: the tensors of a state dictionary, such as those written by
  /// `safetensors.torch.save_file(module.state_dict(), …)`.
  ///
  /// Sizes and kinds follow from the tensors' shapes: four gates are an LSTM (with `weight_hr` a projected one), three
  /// a GRU, one is a simple recurrent network. Two biases that are only ever added become their sum. A tensor that is
  /// not read is noted if it is known to be irrelevant; otherwise it is an error.
  ///
  /// - Parameters:
  ///   - file: Floating-point tensors. Tied tensors that `safetensors.torch.save_model` leaves out are found by its
  ///     metadata.
  ///   - names: The names of the parts; recognised if nil (see `PyTorchNames(recognizing:)`).
  ///   - activation: The activation of simple recurrent networks, which tensors do not show. If nil, the file's
  ///     metadata must have it as `nonlinearity`: one for all layers, or one per layer with commas between.
  /// - Throws: `CheckpointError` if a tensor is missing, of another type or shape than the others require, or part of
  ///   something that a language model does not have.
  public static func importing(
    pyTorch file: SafetensorsFile, names: PyTorchNames? = nil, activation: RNNCell.Activation? = nil
  ) throws(CheckpointError) -> ImportedModel {
    let file = file.restoringSharedTensors()
    let names = names ?? PyTorchNames(recognizing: file) ?? PyTorchNames()
    var reader = TensorReader(file)
    let embedding = try reader.matrix(named: names.embedding + ".weight")
    var parts = ModelParts(embedding: embedding)
    for (index, name) in try reader.pyTorchLayers(names.recurrent).enumerated() {
      let activation = try reader.activation(ofLayer: index, given: activation)
      let (layer, weights) = try reader.pyTorchLayer(name, inputSize: parts.outputSize, activation: activation)
      parts.append(layer, weights)
    }
    let weightName = names.output + ".weight"
    let shape: Shape = [embedding.shape[0], parts.outputSize]
    let isMissing = !reader.contains(weightName) && parts.outputSize == embedding.shape[1]
    if isMissing { reader.note("\(weightName.quoted(80)) is missing: the output is tied to the embedding") }
    let weight = isMissing ? embedding : try reader.tensor(named: weightName, shape: shape)
    let bias = try reader.optionalTensor(named: names.output + ".bias", shape: [embedding.shape[0]])
    try reader.finish()
    let model = try parts.model(output: weight == embedding ? nil : weight, bias: bias, path: file.path)
    return ImportedModel(model: model, notes: reader.notes)
  }

  /// The metadata of the activations of simple recurrent networks.
  static let nonlinearityKey = "nonlinearity"
}

extension SafetensorsFile {
  /// Returns the file with the tensors that `safetensors.torch.save_model` leaves out because they share memory with a
  /// stored tensor; the metadata maps their names to its name.
  fileprivate func restoringSharedTensors() -> SafetensorsFile {
    var file = self
    for (name, stored) in metadata where file[name] == nil { file[name] = self[stored] }
    return file
  }
}

extension TensorReader {
  /// Returns the activation of a layer, if it is given or stated in the metadata.
  ///
  /// - Throws: `CheckpointError.unexpectedMetadata` if the metadata is not an activation or differs from the given one.
  fileprivate func activation(
    ofLayer index: Int, given: RNNCell.Activation?
  ) throws(CheckpointError) -> RNNCell.Activation? {
    let key = LanguageModel.nonlinearityKey
    guard let text = metadata[key] else { return given }
    let listed = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    let name = listed.count == 1 ? listed[0] : index < listed.count ? listed[index] : ""
    let activation = RNNCell.Activation(rawValue: name)
    guard activation != nil || name.isEmpty, given == nil || activation == nil || activation == given else {
      let expected = given.map { [$0] } ?? RNNCell.Activation.allCases
      throw .unexpectedMetadata(
        path: path, key: key, expected: expected.map(\.rawValue).joined(separator: " or "), found: text)
    }
    return activation ?? given
  }

  /// Returns the names of each layer's parameters with placeholders: "rnn.%_l0" or "rnns.0.^%_l0", where % is the kind
  /// of parameter, and ^ is "module." or empty.
  fileprivate func pyTorchLayers(_ prefix: String) throws(CheckpointError) -> [String] {
    if let reverse = names.first(where: { $0.hasPrefix(prefix + ".") && $0.hasSuffix("_reverse") }) {
      throw .unsupportedLayer(path: path, name: reverse, reason: "a language model reads forwards only")
    }
    func found(_ layer: (Int) -> String) -> [String] {
      var names: [String] = []
      while contains(pyTorchName(layer(names.count), "weight_ih")) { names.append(layer(names.count)) }
      return names
    }
    let stacked = found { "\(prefix).%_l\($0)" }
    let listed = stacked.isEmpty ? found { "\(prefix).\($0).^%_l0" } : stacked
    guard !listed.isEmpty else { throw .missingTensor(path: path, name: prefix + ".weight_ih_l0") }
    return listed
  }

  /// Returns the possible names of a layer's parameter of some kind, the preferred ones first.
  private func pyTorchNames(_ layer: String, _ kind: String) -> [String] {
    let usual = layer.replacing("%", with: kind).replacing("^", with: "")
    guard layer.contains("^") else { return [usual] }
    let wrapped = layer.replacing("%", with: kind).replacing("^", with: "module.")
    return [usual + "_raw", wrapped + "_raw", usual, wrapped]
  }

  /// Returns the full name of a layer's parameter of some kind: the first possible name that exists, or the default
  /// one.
  private func pyTorchName(_ layer: String, _ kind: String) -> String {
    let names = pyTorchNames(layer, kind)
    return names.first { contains($0) } ?? names[names.count > 1 ? 2 : 0]
  }

  fileprivate mutating func pyTorchLayer(
    _ name: String, inputSize: Int, activation: RNNCell.Activation?
  ) throws(CheckpointError) -> (LayerConfiguration, [Tensor]) {
    let recurrentName = pyTorchName(name, "weight_hh")
    let recurrent = try matrix(named: recurrentName)
    let projectionName = pyTorchName(name, "weight_hr")
    let projection = contains(projectionName) ? try matrix(named: projectionName) : nil
    let hiddenSize = projection?.shape[1] ?? recurrent.shape[1]
    let kinds = CellKinds.standard.all.filter { kind in
      guard let module = kind.interchange.pyTorch else { return false }
      return module.blockCount * hiddenSize == recurrent.shape[0] && module.isProjected == (projection != nil)
    }
    let kind =
      kinds.count < 2 ? kinds.first : kinds.first { $0.interchange.pyTorch?.activation == activation?.rawValue }
    guard let kind else {
      guard kinds.isEmpty else {
        throw .unstatedSetting(
          path: path, name: recurrentName, setting: "activation", choices: RNNCell.Activation.allCases.map(\.rawValue))
      }
      throw .unsupportedLayer(
        path: path, name: recurrentName,
        reason: "shape \(recurrent.shape) does not fit an LSTM, a GRU or a simple recurrent network")
    }
    let layer = LayerConfiguration(
      kind, hiddenSize, settings: projection.map { ["outputSize": Double($0.shape[0])] } ?? [:])
    var weights: [Tensor] = []
    // PyTorch's layers have both biases or none.
    let hasBias = contains(pyTorchName(name, "bias_ih")) || contains(pyTorchName(name, "bias_hh"))
    for spec in kind.parameters(LayerShape(layer, of: kind, inputSize: inputSize)) {
      if case .bias = spec.role, !hasBias {
        weights.append(.zeros(spec.shape))
        continue
      }
      let weight = try pyTorchParameter(name, spec.name, spec.shape)
      let twin = try spec.pyTorchTwin.map { twin throws(CheckpointError) in
        try pyTorchParameter(name, twin, spec.shape)
      }
      weights.append(twin.map { weight + $0 } ?? weight)
    }
    return (layer, weights)
  }

  /// Reads a layer's parameter by its name in a module's first layer: "weight_ih_l0".
  private mutating func pyTorchParameter(
    _ layer: String, _ own: String, _ shape: Shape
  ) throws(CheckpointError) -> Tensor {
    let kind = String(own.dropLast(3))
    let name = pyTorchName(layer, kind)
    if name.hasSuffix("_raw") {
      for other in pyTorchNames(layer, kind) where other != name && contains(other) {
        skip(other, because: "it is \(name.quoted(80)) after weight drop")
      }
    }
    return try tensor(named: name, shape: shape)
  }
}
