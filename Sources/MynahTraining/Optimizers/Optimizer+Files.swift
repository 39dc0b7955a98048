import MynahModels
import MynahTensors

// An optimizer's state in the training state file: the tensors of each slot as optimizer.SLOT.NAME, where NAME is the
// parameter's name; the step count, the numbers and the slot names as JSON.

extension Optimizer {
  /// The part of the optimizer state that is stored as JSON.
  struct Notes: Codable {
    /// The number of updates.
    var stepCount: Int
    var numbers: [String: Double]
    /// The slots that the file contains.
    var slots: [String]
  }

  var notes: Notes {
    Notes(stepCount: memory.stepCount, numbers: memory.numbers, slots: memory.slots.keys.sorted())
  }

  /// Adds the slots to a file.
  func store(in file: inout SafetensorsFile, of model: LanguageModel) {
    for (slot, tensors) in memory.slots {
      for (parameter, tensor) in zip(model.parameters, tensors) {
        file[Self.name(slot, parameter.name)] = StoredTensor(tensor)
      }
    }
  }

  /// Reads the optimizer state from a file.
  ///
  /// - Throws: `CheckpointError` if a tensor is missing or its shape differs from its parameter's, or if the rule has
  ///   no such slot.
  init(
    _ configuration: OptimizerConfiguration, of model: LanguageModel, from file: SafetensorsFile, notes: Notes
  ) throws {
    self.init(configuration)
    let known = configuration.rule.slotNames
    guard notes.slots.allSatisfy(known.contains), notes.stepCount >= 0 else {
      throw CheckpointError.unexpectedMetadata(
        path: file.path, key: "progress", expected: "the slots \(known) of \(configuration.name)",
        found: "\(notes.slots) after \(notes.stepCount) steps")
    }
    (memory.stepCount, memory.numbers) = (notes.stepCount, notes.numbers)
    for slot in notes.slots {
      memory.slots[slot] = try model.parameters.map { parameter in
        try file.tensor(named: Self.name(slot, parameter.name), shape: parameter.value.shape)
      }
    }
  }

  private static func name(_ slot: String, _ parameter: String) -> String { "optimizer.\(slot).\(parameter)" }
}
