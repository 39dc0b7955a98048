public import MynahTensors
import MynahModels

// What a model remembers, layer by layer.

extension InferenceModel {
  /// h of a recurrent layer: what it put out last, [B, H], or [B, P] where it is projected.
  ///
  /// - Precondition: the model has the layer, and the state is of a model of this shape.
  public func hidden(of state: InferenceState, layer: Int) -> Tensor { part(0, of: state, layer: layer) }

  /// c of a recurrent layer, [B, H]: what an LSTM remembers beside its output; nil where a layer keeps nothing else.
  ///
  /// - Precondition: the model has the layer, and the state is of a model of this shape.
  public func cell(of state: InferenceState, layer: Int) -> Tensor? {
    configuration.recurrent[layer].partSizes.count > 1 ? part(1, of: state, layer: layer) : nil
  }

  private func part(_ index: Int, of state: InferenceState, layer: Int) -> Tensor {
    let layers = configuration.recurrent
    precondition(layers.indices.contains(layer), "a model of \(layers.count) layers has no layer \(layer)")
    let before = layers[..<layer].flatMap { $0.partSizes } + layers[layer].partSizes.prefix(index)
    let start = state.batchSize * before.reduce(0, +)
    let shape: Shape = [state.batchSize, layers[layer].partSizes[index]]
    return Tensor(shape: shape, Array(state.values[start..<start + shape.elementCount]))
  }
}

extension RecurrentLayer {
  /// The sizes of what a layer keeps of a stream: h, and c where it is not the same.
  fileprivate var partSizes: [Int] {
    switch self {
    case .simple, .gru: [outputSize]
    case .lstm, .peepholeLSTM, .coupledLSTM, .projectedLSTM: [outputSize, hiddenSize]
    }
  }
}
