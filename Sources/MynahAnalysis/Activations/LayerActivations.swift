import MynahModels

/// The activations of a recurrent layer's units after a token.
public struct LayerActivations: Hashable, Sendable {
  /// The layer's index; layer 0 reads the embeddings.
  public let layer: Int
  /// The names of the quantities in order: "h" for the output, "c" for an LSTM's cell state, "i", "f", "g" and "o" for
  /// its gates.
  public let names: [String]
  /// The values of each quantity, one per unit.
  public let values: [String: [Float]]

  /// The values of one unit by quantity.
  ///
  /// With a projection, "h" has fewer units than the other quantities.
  public subscript(unit: Int) -> [String: Float] {
    values.compactMapValues { $0.indices.contains(unit) ? $0[unit] : nil }
  }

  /// The number of units of the quantity with the most units.
  public var unitCount: Int { values.values.map(\.count).max() ?? 0 }

  /// Returns the symbol used in the literature for a part of a state.
  static func shortName(of part: String) -> String { ["hidden": "h", "cell": "c"][part] ?? part }
}
