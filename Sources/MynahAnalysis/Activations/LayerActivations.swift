import MynahModels

/// The activations of a recurrent layer's units after a token.
public struct LayerActivations: Hashable, Sendable {
  /// The layer's index; layer 0 reads the embeddings.
  public let layer: Int
  /// The names of the quantities in order: "h" for the output, "c" for the cell state that an LSTM, an SRU or a QRNN
  /// has, "i", "f", "g" and "o" for an LSTM's gates.
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

  /// Returns the symbol used in the literature for a part of a state; nil if the part is the inputs of the previous
  /// step, which are not activations of the layer's units.
  static func shortName(of part: String) -> String? {
    part == "input" ? nil : ["hidden": "h", "cell": "c"][part] ?? part
  }
}
