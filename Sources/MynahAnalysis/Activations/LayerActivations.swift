import MynahModels

/// The activations of a recurrent layer's units after a token.
public struct LayerActivations: Hashable, Sendable {
  /// The layer's index; 0 is next to the embedding.
  public let layer: Int
  /// The names of the quantities in their order: "h" for the output, "c" for an LSTM's cells, "i", "f", "g" and "o" for its gates.
  public let names: [String]
  /// The values of each quantity, one per unit.
  public let values: [String: [Float]]

  /// The values of one unit by quantity; with projected outputs "h" has fewer units than the others.
  public subscript(unit: Int) -> [String: Float] {
    values.compactMapValues { $0.indices.contains(unit) ? $0[unit] : nil }
  }

  /// The number of units of the largest quantity.
  public var unitCount: Int { values.values.map(\.count).max() ?? 0 }

  /// The name of a part of a state as the literature has it.
  static func shortName(of part: String) -> String { ["hidden": "h", "cell": "c"][part] ?? part }
}
