import MynahTensors

// The state between two training steps is stored in tensors with the names state.LAYER.PART.

extension RecurrentState {
  /// Adds the state's parts to a file.
  package func store(in file: inout SafetensorsFile) {
    for (index, layer) in layers.enumerated() {
      for (name, part) in zip(layer.names, layer.parts) {
        file["state.\(index).\(name)"] = StoredTensor(part.value)
      }
    }
  }
}

extension LanguageModel {
  /// Reads a state of this model; its first part determines the number of rows.
  ///
  /// - Throws: `CheckpointError` if a part is missing or has another shape.
  package func state(from file: SafetensorsFile) throws(CheckpointError) -> RecurrentState {
    let first = initialState(batchSize: 1).layers.enumerated().lazy
      .compactMap { index, layer in layer.names.first.map { "state.\(index).\($0)" } }.first
    let batchSize = max(1, first.flatMap { file[$0]?.shape.sizes.first } ?? 1)
    var result = initialState(batchSize: batchSize)
    for (index, layer) in result.layers.enumerated() {
      var parts: [Variable] = []
      for (name, part) in zip(layer.names, layer.parts) {
        parts.append(Variable(try file.tensor(named: "state.\(index).\(name)", shape: part.shape)))
      }
      result.layers[index] = layer.with(parts)
    }
    return result
  }
}
