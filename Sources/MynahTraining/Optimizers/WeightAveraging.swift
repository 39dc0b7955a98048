import MynahTensors

/// The epoch or step from which an optimizer averages the weights.
///
/// The average of the weights after the steps k = 1, 2, … since then is that of PyTorch's `ASGD` (λ = 0, t₀ = 0;
/// B. Polyak, A. Juditsky 1992), which excludes the first step:
///
///     a ← a + (w − a) / max(1, k − 1)
///
/// Averaged weights are evaluated and kept; updates are applied to the weights, not to their average. The trigger by
/// validation losses is that of NT-ASGD (S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language
/// models", 2018); without validation losses, such averaging never starts.
public enum WeightAveraging: Hashable, Sendable {
  /// From the first step on.
  case fromStart
  /// After an epoch whose validation loss is higher than the lowest of those that are more than this number of epochs
  /// older: 0 or more.
  case afterPatience(Int)

  static let slot = "average"
  private static let averagedSteps = "averagedSteps"

  /// A description of what is wrong with the number of epochs; nil if it is valid.
  var defect: String? {
    guard case .afterPatience(let epochs) = self, epochs < 0 else { return nil }
    return "a number of epochs must be at least 0, found \(epochs)"
  }

  /// Updates the average after a step, if averaging has started.
  func update(_ weights: inout [Tensor], _ memory: inout OptimizerMemory) {
    guard let before = memory.numbers[Self.averagedSteps] ?? (self == .fromStart ? 0 : nil) else { return }
    memory.numbers[Self.averagedSteps] = before + 1
    memory.withSlots([Self.slot], of: &weights) { weights, slots in
      move(&slots[0], towards: weights, by: Float(1 / max(1, before)))
    }
  }

  /// Starts averaging if the validation losses call for it.
  func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {
    guard case .afterPatience(let epochs) = self, memory.numbers[Self.averagedSteps] == nil,
      let last = validationLosses.last
    else { return }
    let older = validationLosses.dropLast(1 + epochs)
    if let lowest = older.min(), last > lowest { memory.numbers[Self.averagedSteps] = 0 }
  }

  /// Returns the slot of the average; nil before the first averaged step.
  func evaluatedSlot(_ memory: OptimizerMemory) -> String? {
    memory.numbers[Self.averagedSteps] ?? 0 > 0 ? Self.slot : nil
  }
}

extension WeightAveraging: CustomStringConvertible {
  /// The number of epochs, or "start".
  public var description: String {
    switch self {
    case .fromStart: "start"
    case .afterPatience(let epochs): "\(epochs)"
    }
  }
}

// Coded as "start" or as the number of epochs.
extension WeightAveraging: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let epochs = try? value.decode(Int.self) {
      self = .afterPatience(epochs)
    } else if try value.decode(String.self) == "\(Self.fromStart)" {
      self = .fromStart
    } else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "averaging starts after a number of epochs or at the start")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .fromStart: try value.encode("\(self)")
    case .afterPatience(let epochs): try value.encode(epochs)
    }
  }
}
