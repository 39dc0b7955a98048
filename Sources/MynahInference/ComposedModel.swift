import MynahModels
import MynahTensors

extension LanguageModel {
  /// Moves a state past T·B tokens, time-major, through the model's own pass over constants; returns the losses if they are the
  /// purpose.
  func pass(_ ids: [Int32], _ state: inout InferenceState, for purpose: PackedModel.Purpose) -> [Double] {
    let hidden = hidden(ids, &state)
    switch purpose {
    case .state:
      return []
    case .logits(let storage):
      let last = hidden.slice(ids.count - state.batchSize..<ids.count)
      Kernels.copy(output(last).value, to: storage)
      return []
    case .losses(let targets):
      return output.negativeLogProbabilities(of: hidden.value, targets: targets).rows.elements.map { Double($0) }
    }
  }

  /// Moves a state past T·B tokens, time-major; returns what the output layer sees after each, [T·B, H].
  func hidden(_ ids: [Int32], _ state: inout InferenceState) -> Variable {
    let result = self(ids, state: modelState(state))
    state.values = result.state.flatMap { $0.parts.flatMap(\.value.elements) }
    state.stepCount += ids.count / state.batchSize
    return result.hidden
  }

  /// The state as the layers keep it: its values are each layer's parts, one after the other.
  private func modelState(_ state: InferenceState) -> State {
    var start = 0
    return zip(recurrent, initialState(batchSize: state.batchSize)).map { layer, zero in
      layer.state(
        of: zero.parts.map { part in
          let count = part.shape.elementCount
          defer { start += count }
          return Variable(Tensor(shape: part.shape, Array(state.values[start..<start + count])))
        })
    }
  }
}
