import MynahModels

/// What a recurrent layer's units say after a token.
public struct LayerActivations: Hashable, Sendable {
  /// A quantity that a layer has for each unit.
  public enum Part: String, Hashable, Sendable, CaseIterable, Codable {
    /// What is put out.
    case hidden = "h"
    /// What an LSTM remembers.
    case cell = "c"
    /// An LSTM's gates: what is let in, what is kept, what would be let in, what is let out.
    case input = "i"
    case forget = "f"
    case candidate = "g"
    case output = "o"
  }

  /// The layer's number; 0 is next to the embedding.
  public let layer: Int
  /// The values by part, a number a unit; parts that the layer does not have are missing.
  public let parts: [Part: [Float]]

  /// A unit's values by part; a part may have fewer units where outputs are projected.
  public subscript(unit: Int) -> [Part: Float] {
    parts.compactMapValues { $0.indices.contains(unit) ? $0[unit] : nil }
  }
}
