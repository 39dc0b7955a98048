import MynahModels
import MynahTensors

// What an optimiser remembers, in the training state's file: Adam's moments as optimizer.first.NAME and optimizer.second.NAME,
// where NAME is the parameter's. Before the first step there are none.

extension Optimizer {
  /// The number of steps that were counted; nil for an optimiser that counts none.
  var stepCount: Int? {
    guard case .adam(let adam) = self else { return nil }
    return adam.stepCount
  }

  /// Adds the moments to a file.
  func store(in file: inout SafetensorsFile, of model: LanguageModel) {
    guard case .adam(let adam) = self, adam.stepCount > 0 else { return }
    for (index, parameter) in model.parameters.enumerated() {
      file[Self.firstPrefix + parameter.name] = StoredTensor(adam.moments.first[index])
      file[Self.secondPrefix + parameter.name] = StoredTensor(adam.moments.second[index])
    }
  }

  /// Reads what was stored.
  ///
  /// - Throws: `CheckpointError` if a moment is missing or of another shape than its parameter.
  init(_ kind: OptimizerKind, of model: LanguageModel, from file: SafetensorsFile, stepCount: Int?) throws {
    self.init(kind)
    guard case .adam(var adam) = self, let stepCount, stepCount > 0 else { return }
    adam.stepCount = stepCount
    for parameter in model.parameters {
      let shape = parameter.value.shape
      adam.moments.first.append(try file.tensor(named: Self.firstPrefix + parameter.name, shape: shape))
      adam.moments.second.append(try file.tensor(named: Self.secondPrefix + parameter.name, shape: shape))
    }
    self = .adam(adam)
  }

  private static let firstPrefix = "optimizer.first.", secondPrefix = "optimizer.second."
}
