public import MynahModels

/// The parts of a model that are trained, and the shares of the learning rate that they are trained at.
///
/// J. Howard, S. Ruder, "Universal language model fine-tuning for text classification" (ULMFiT), 2018: discriminative
/// rates (section 3.2, with a factor of 2.6) and gradual unfreezing (section 3.3).
public struct PartRates: Hashable, Codable, Sendable {
  /// The parts that are not trained.
  public var frozen: [ModelPart]
  /// The factor by which a part's rate is lower than that of the next part towards the output: 1 or more.
  public var decay: Float
  /// A Boolean value indicating whether epoch 1 trains the last part only, and each later epoch one part more.
  public var unfreezesGradually: Bool

  /// Creates rates.
  public init(frozen: [ModelPart] = [], decay: Float = 1, unfreezesGradually: Bool = false) {
    (self.frozen, self.decay, self.unfreezesGradually) = (frozen, decay, unfreezesGradually)
  }

  /// The same rate for all parts.
  public static let equal = PartRates()

  /// Returns the reason why a model cannot be trained at the rates; nil if it can.
  func defect(of model: ModelArchitecture) -> String? {
    let parts = model.parts.map(\.part)
    if let part = frozen.first(where: { !parts.contains($0) }) {
      return "the model has no part '\(part)'; its parts are \(parts.map(\.description).joined(separator: ", "))"
    }
    if Set(frozen).isSuperset(of: parts) { return "every part is frozen, so nothing would be trained" }
    return decay >= 1 && decay.isFinite ? nil : "the factor between the parts' rates must be at least 1, found \(decay)"
  }

  /// Returns the share of the learning rate for each parameter, in the order of `visitParameters`, 0 for a frozen one;
  /// nil if all are 1.
  ///
  /// - Parameter epoch: The epoch, counted from 1.
  func factors(of model: ModelArchitecture, epoch: Int) -> [Float]? {
    guard self != .equal else { return nil }
    let layerCount = model.layers.count
    // A tied embedding also contains the output's weights.
    let isTied = model.configuration.output.isTied
    return model.parts.flatMap { part, parameterCount in
      let depth =
        switch part {
        case .embedding: isTied ? 0 : layerCount + 1
        case .layer(let index): layerCount - index
        case .output: 0
        }
      let isFrozen = frozen.contains(part) || unfreezesGradually && depth >= epoch
      let factor = isFrozen ? 0 : 1 / (0..<depth).reduce(Float(1)) { power, _ in power * decay }
      return [Float](repeating: factor, count: parameterCount)
    }
  }
}

extension PartRates: CustomStringConvertible {
  public var description: String {
    let frozenNames = frozen.map(\.description).joined(separator: ", ")
    let parts = [
      frozen.isEmpty ? nil : "\(frozenNames) frozen",
      decay == 1 ? nil : "rates divided by \(decay) from part to part",
      unfreezesGradually ? "one more part trained each epoch" : nil,
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }
}
