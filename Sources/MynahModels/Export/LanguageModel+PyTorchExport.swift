import MynahTensors

extension LanguageModel {
  /// Returns the weights as a state dictionary of PyTorch, under the names of its example word_language_model:
  /// `encoder`, `rnn` and `decoder`.
  ///
  /// Layers of one kind and size become one `nn.LSTM`, `nn.GRU` or `nn.RNN` (`rnn.weight_ih_l0`, `rnn.weight_ih_l1`,
  /// …); others become an `nn.ModuleList` of one-layer modules (`rnns.0.weight_ih_l0`, …). The decoder's weights are
  /// stored for tied models too, since such a module has them. The metadata `nonlinearity` has the activations of
  /// simple recurrent networks. `LanguageModel.importing(pyTorch:)` reads all of it.
  ///
  /// - Throws: `CheckpointError.notInPyTorch` if PyTorch has no such layer or the output is not a softmax.
  public func pyTorchWeights() throws(CheckpointError) -> SafetensorsFile {
    for (index, layer) in architecture.layers.enumerated() {
      if layer.kind.interchange.pyTorch == nil {
        throw .notInPyTorch(part: "layer \(index)", kind: layer.kind.title)
      }
      if architecture.isResidual(layer: index) {
        throw .notInPyTorch(part: "layer \(index)", kind: "residual layer")
      }
    }
    if configuration.connections == .skip {
      throw .notInPyTorch(part: "the recurrent layers", kind: "skip connection")
    }
    guard let output = output as? Softmax else {
      throw .notInPyTorch(part: "the output", kind: architecture.output.kind.title)
    }
    var file = SafetensorsFile(metadata: ["format": "pt"])
    file["encoder.weight"] = StoredTensor(embedding.weight.value)
    for (index, layer) in stack.layers.enumerated() {
      var layer = layer
      layer.visitParameters(prefix: "") { spec, parameter in
        file[pyTorchName(spec.name, index)] = StoredTensor(parameter.value)
        if let twin = spec.pyTorchTwin { file[pyTorchName(twin, index)] = StoredTensor(Tensor.zeros(spec.shape)) }
      }
    }
    let activations = architecture.layers.map { $0.kind.interchange.pyTorch?.activation ?? "" }
    if let first = activations.first(where: { !$0.isEmpty }) {
      let isOne = activations.allSatisfy { $0 == first }
      file.metadata[Self.nonlinearityKey] = isOne ? first : activations.joined(separator: ",")
    }
    file["decoder.weight"] = StoredTensor(output.linear.weight.value)
    file["decoder.bias"] = StoredTensor(output.linear.bias.value)
    return file
  }

  /// A Boolean value indicating whether all recurrent layers form one PyTorch module.
  package var isOnePyTorchModule: Bool { Set(configuration.layers).count == 1 }

  private func pyTorchName(_ name: String, _ layer: Int) -> String {
    // The number after "_l" is the index of the layer in its module.
    isOnePyTorchModule ? "rnn.\(name.dropLast())\(layer)" : "rnns.\(layer).\(name)"
  }
}
