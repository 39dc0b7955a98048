import MynahTensors

extension LanguageModel {
  /// The weights as a state dictionary of PyTorch, under the names of its example word_language_model: `encoder`, `rnn` and `decoder`.
  ///
  /// Layers of one kind and size become one `nn.LSTM`, `nn.GRU` or `nn.RNN` (`rnn.weight_ih_l0`, `rnn.weight_ih_l1`, …); of others
  /// each is one of its own in an `nn.ModuleList` (`rnns.0.weight_ih_l0`, …). The decoder's weights are stored for tied models too, as such
  /// a module has them. `LanguageModel(pyTorch:names:)` reads the same.
  ///
  /// - Throws: `CheckpointError.notInPyTorch` if PyTorch has no such layer.
  public func pyTorchWeights() throws(CheckpointError) -> SafetensorsFile {
    if configuration.isResidual
      && configuration.recurrentInputs.contains(where: { $0.inputSize == $0.layer.outputSize })
    {
      throw .notInPyTorch(layer: 0, kind: "residual layer")
    }
    for (index, layer) in configuration.recurrent.enumerated() where !layer.isInPyTorch {
      throw .notInPyTorch(layer: index, kind: layer.name)
    }
    var file = SafetensorsFile(metadata: ["format": "pt"])
    for (name, value) in parameters {
      let changed = pyTorchName(name)
      file[changed] = StoredTensor(value)
      guard name.hasSuffix("bias_ih_l0") else { continue }
      let second = changed.replacing("bias_ih", with: "bias_hh")
      if file[second] == nil { file[second] = StoredTensor(Tensor.zeros(value.shape)) }
    }
    file["decoder.weight"] = StoredTensor(output.weight.value)
    return file
  }

  /// Whether all recurrent layers are one module of PyTorch's.
  package var isOnePyTorchModule: Bool {
    let layers = configuration.recurrent
    return layers.dropFirst().allSatisfy {
      $0.name == layers[0].name && $0.hiddenSize == layers[0].hiddenSize && $0.outputSize == layers[0].outputSize
    }
  }

  private func pyTorchName(_ name: String) -> String {
    let parts = name.split(separator: ".").map { String($0) }
    switch parts[0] {
    case "embedding": return "encoder." + parts[1]
    case "output": return "decoder." + parts[1]
    default:
      let (layer, parameter) = (parts[1], parts[2])
      return isOnePyTorchModule
        ? "rnn." + parameter.replacing("_l0", with: "_l" + layer) : "rnns.\(layer).\(parameter)"
    }
  }
}

extension RecurrentLayer {
  /// Whether PyTorch has the layer.
  fileprivate var isInPyTorch: Bool {
    switch self {
    case .lstm, .simple, .projectedLSTM, .gru(_, .after): true
    case .peepholeLSTM, .coupledLSTM, .gru(_, .before): false
    }
  }
}
