import MynahModels
import MynahTensors

/// Recurrent layers of a model for inference: successive layers that are packed together, or a single unpacked layer.
enum InferenceStage: Sendable {
  case packed(PackedLayers)
  /// A layer that runs its own operations, its index in the model, and whether it adds its inputs to its outputs.
  case composed(any SequenceLayer, index: Int, isResidual: Bool)

  /// Packs a model's layers; the first one reads the embeddings of tokens.
  static func stages(of model: LanguageModel, embedding: Tensor, precision: WeightPrecision) -> [InferenceStage] {
    let architecture = model.architecture
    var stages: [InferenceStage] = []
    var run: [PackedLayers.Source] = []
    func flush(before index: Int) {
      guard !run.isEmpty else { return }
      let first = index - run.count
      let table = first == 0 ? embedding : nil
      stages.append(.packed(PackedLayers(run, firstLayer: first, embedding: table, precision: precision)))
      run = []
    }
    for (index, layer) in architecture.layers.enumerated() {
      let own = model.stack.layers[index]
      let isResidual = architecture.isResidual(layer: index)
      if let scan = layer.kind.scan?(layer.shape) {
        run.append((layer.kind, layer.shape, scan, own.parameters.map(\.value), isResidual))
        // Skip connections need the outputs of every layer.
        if model.configuration.connections == .skip { flush(before: index + 1) }
      } else {
        flush(before: index)
        stages.append(.composed(own.rounded(to: precision), index: index, isResidual: isResidual))
      }
    }
    flush(before: architecture.layers.count)
    return stages
  }

  var isPacked: Bool { if case .packed = self { true } else { false } }

  /// Advances the state of the layers by T·B inputs; an output layer can only be a part of a packed pass.
  func pass(
    _ input: PackedLayers.Input, embedding: Tensor, stepCount: Int, _ state: inout RecurrentState,
    for purpose: PackedLayers.Purpose, in workspace: inout PackedMemory
  ) -> PackedLayers.Results {
    switch self {
    case .packed(let layers):
      return layers.pass(input, stepCount: stepCount, &state, for: purpose, in: &workspace)
    case .composed(let layer, let index, let isResidual):
      let rows =
        switch input {
        case .ids(let ids): embedding.gathered(ids)
        case .rows(let rows): rows
        }
      let x = Variable(rows.reshaped([stepCount, state.batchSize, layer.inputSize]))
      let result = layer(SequenceBatch(x), state: state.layers[index])
      state.replace(layer: index, by: result.state)
      let outputs = isResidual ? result.output.values + x : result.output.values
      return PackedLayers.Results(outputs: outputs.value.reshaped([rows.shape[0], layer.outputSize]))
    }
  }
}
