import MynahModels
import MynahTensors

// What an optimiser remembers, in the training state's file: the tensors of each slot as optimizer.SLOT.NAME, where NAME is
// the parameter's; the count, the numbers and the names of the slots that were used as JSON.

extension Optimizer {
  /// What a file tells of a memory besides the tensors.
  struct Notes: Codable {
    /// The number of updates; files of before every optimiser counted have none for gradient descent.
    var optimizerStepCount: Int?
    var optimizerNumbers: [String: Double]?
    /// The slots that the file holds; files of before there was a choice do not name them: they hold all or none.
    var optimizerSlots: [String]?
  }

  var notes: Notes {
    Notes(
      optimizerStepCount: memory.stepCount, optimizerNumbers: memory.numbers.isEmpty ? nil : memory.numbers,
      optimizerSlots: memory.slots.isEmpty ? nil : memory.slots.keys.sorted())
  }

  /// Adds the slots to a file.
  func store(in file: inout SafetensorsFile, of model: LanguageModel) {
    for (slot, tensors) in memory.slots {
      for (parameter, tensor) in zip(model.parameters, tensors) {
        file[Self.name(slot, parameter.name)] = StoredTensor(tensor)
      }
    }
  }

  /// Reads what was stored.
  ///
  /// - Throws: `CheckpointError` if a tensor is missing or of another shape than its parameter, or if a slot is not the rule's.
  init(
    _ configuration: OptimizerConfiguration, of model: LanguageModel, from file: SafetensorsFile, notes: Notes
  ) throws {
    self.init(configuration)
    memory.stepCount = notes.optimizerStepCount ?? 0
    memory.numbers = notes.optimizerNumbers ?? [:]
    let known = configuration.rule.slotNames
    let slots = notes.optimizerSlots ?? (isOfOldFile(notes) ? known : [])
    guard slots.allSatisfy(known.contains), memory.stepCount >= 0 else {
      throw CheckpointError.unexpectedMetadata(
        path: file.path, key: "progress", expected: "the slots \(known) of \(configuration.kind.rawValue)",
        found: "\(slots) after \(memory.stepCount) steps")
    }
    for slot in slots {
      memory.slots[slot] = try model.parameters.map { parameter in
        try file.tensor(named: Self.name(slot, parameter.name), shape: parameter.value.shape)
      }
    }
  }

  /// Whether a file is of the time when Adam alone had slots and did not name them.
  private func isOfOldFile(_ notes: Notes) -> Bool { kind == .adam && notes.optimizerStepCount ?? 0 > 0 }

  private static func name(_ slot: String, _ parameter: String) -> String { "optimizer.\(slot).\(parameter)" }
}
