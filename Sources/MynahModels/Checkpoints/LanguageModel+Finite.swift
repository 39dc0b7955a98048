import MynahTensors

extension LanguageModel {
  /// Checks that all parameters are finite numbers, before they are rounded or written for another program.
  ///
  /// - Parameter path: The path of the model's file, for the error.
  /// - Throws: `CheckpointError.notFinite`.
  package func requireFinite(at path: String) throws(CheckpointError) {
    for (spec, parameter) in zip(parameterSpecs, parameters)
    where !parameter.value.elements.allSatisfy(\.isFinite) {
      throw .notFinite(path: path, name: spec.name)
    }
  }
}
