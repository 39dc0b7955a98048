/// The rates of all kinds of dropout in a model, each the probability of dropping: 0 ≤ rate < 1; 0 is no dropout.
public struct DropoutRates: Hashable, Codable, Sendable {
  /// Whole tokens: all positions of a dropped token have a zero embedding in a batch (`EmbeddingDropout`).
  public var embedding: Float
  /// The elements of the embeddings, once, before the first layer.
  public var input: Float
  /// The elements of every recurrent layer's inputs.
  public var layerInput: Float
  /// The elements of the outputs of every recurrent layer but the last.
  public var hidden: Float
  /// The elements of the last recurrent layer's outputs.
  public var output: Float
  /// The elements of an output layer's latent vectors, if it has any, such as a mixture's components (`LatentDropout`).
  public var latent: Float
  /// The recurrent weights, and the input weights of layers without recurrent ones (`WeightDrop`).
  public var weights: Float
  /// A Boolean value indicating whether masks of elements are the same at every step of a sequence
  /// (`VariationalDropout`).
  public var isVariational: Bool

  /// Creates rates.
  public init(
    embedding: Float = 0, input: Float = 0, layerInput: Float = 0, hidden: Float = 0, output: Float = 0,
    latent: Float = 0, weights: Float = 0, isVariational: Bool = false
  ) {
    (self.embedding, self.input, self.layerInput) = (embedding, input, layerInput)
    (self.hidden, self.output, self.latent, self.weights) = (hidden, output, latent, weights)
    self.isVariational = isVariational
  }

  /// No dropout.
  public static let none = DropoutRates()

  /// Creates rates that drop the outputs of all recurrent layers alike.
  public static func outputs(_ rate: Float) -> DropoutRates { DropoutRates(hidden: rate, output: rate) }

  /// A Boolean value indicating whether nothing is dropped.
  public var areZero: Bool { all.allSatisfy { $0 == 0 } }

  private var all: [Float] { [embedding, input, layerInput, hidden, output, latent, weights] }

  /// The reason why the rates cannot be used; nil if they can.
  var defect: String? {
    all.first { !($0 >= 0 && $0 < 1) }
      .map { "a dropout rate must be at least 0 and below 1, found \($0)" }
  }
}

extension DropoutRates: CustomStringConvertible {
  /// The rates above 0 on one line: "dropout 0.5 (outputs), 0.1 (embeddings)".
  public var description: String {
    let outputs = hidden == output ? [("outputs", output)] : [("hidden outputs", hidden), ("last outputs", output)]
    let rates =
      ([("embeddings", input), ("layer inputs", layerInput)] + outputs
      + [("components", latent), ("tokens", embedding), ("weights", weights)]).filter { $0.1 > 0 }
    guard !rates.isEmpty else { return "no dropout" }
    return (isVariational ? "variational " : "") + "dropout "
      + rates.map { "\($0.1) (\($0.0))" }.joined(separator: ", ")
  }
}
