import MynahTensors

// The state between two steps of training, in its file: state.LAYER.PART.

extension LanguageModel {
  /// Adds a state's parts to a file.
  package static func store(_ state: State, in file: inout SafetensorsFile) {
    for (index, layer) in state.enumerated() {
      for (name, part) in zip(layer.partNames, layer.parts) {
        file["state.\(index).\(name)"] = StoredTensor(part.value)
      }
    }
  }

  /// Reads a state of this model, of as many rows as its first part has.
  ///
  /// - Throws: `CheckpointError` if a part is missing or has another shape.
  package func state(from file: SafetensorsFile) throws(CheckpointError) -> State {
    let first = initialState(batchSize: 1).first?.partNames.first ?? ""
    let batchSize = max(1, file["state.0.\(first)"]?.shape.sizes.first ?? 1)
    var result: State = []
    for (index, zero) in initialState(batchSize: batchSize).enumerated() {
      var parts: [Variable] = []
      for (name, part) in zip(zero.partNames, zero.parts) {
        parts.append(Variable(try file.tensor(named: "state.\(index).\(name)", shape: part.shape)))
      }
      result.append(recurrent[index].state(of: parts))
    }
    return result
  }
}
