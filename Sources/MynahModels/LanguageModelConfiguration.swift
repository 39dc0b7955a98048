/// A recurrent layer of a model: its kind and its size.
public enum RecurrentLayer: Hashable, Codable, Sendable {
  /// An LSTM of so many hidden units.
  case lstm(Int)

  /// H, the size of the state and of the output.
  public var hiddenSize: Int {
    switch self {
    case .lstm(let hiddenSize): hiddenSize
    }
  }

  // Coded as {"hiddenSize": 256, "kind": "lstm"}.
  private struct Coded: Codable {
    enum Kind: String, Codable { case lstm }
    let kind: Kind
    let hiddenSize: Int
  }

  public init(from decoder: any Decoder) throws {
    let coded = try Coded(from: decoder)
    switch coded.kind {
    case .lstm: self = .lstm(coded.hiddenSize)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .lstm(let hiddenSize): try Coded(kind: .lstm, hiddenSize: hiddenSize).encode(to: encoder)
    }
  }
}

/// What determines a language model's shape and its weights before training.
public struct LanguageModelConfiguration: Hashable, Codable, Sendable {
  /// V, the number of tokens; at least 1.
  public var vocabularySize: Int
  /// E, the size of a token's vector; at least 1.
  public var embeddingSize: Int
  /// The recurrent layers, the one next to the embedding first; sizes may differ; at least one.
  public var recurrent: [RecurrentLayer]
  /// What the weights are drawn from; the LSTMs' biases begin at zero.
  public var initializer: Initializer
  /// The probability that an element of a recurrent layer's input is kept in training; 1 is no dropout.
  public var inputKeepProbability: Float
  /// The same for a recurrent layer's output.
  public var outputKeepProbability: Float

  /// Creates a configuration.
  public init(
    vocabularySize: Int, embedding: Int, recurrent: [RecurrentLayer], initializer: Initializer = .uniform(0.1),
    inputKeepProbability: Float = 1, outputKeepProbability: Float = 1
  ) {
    self.vocabularySize = vocabularySize
    self.embeddingSize = embedding
    self.recurrent = recurrent
    self.initializer = initializer
    self.inputKeepProbability = inputKeepProbability
    self.outputKeepProbability = outputKeepProbability
  }

  /// The multiplications of a token's forward pass: one a weight of the layers and of the output.
  ///
  /// Looking up the token's vector takes none. Gradients take twice as many.
  package var multiplicationsPerToken: Int {
    var (input, count) = (embeddingSize, 0)
    for layer in recurrent {
      count += 4 * layer.hiddenSize * (input + layer.hiddenSize)
      input = layer.hiddenSize
    }
    return count + vocabularySize * input
  }

  /// What is wrong with the configuration, in words; nil if it can be built.
  ///
  /// Configurations come from files and command lines, so sizes are checked before anything is allocated.
  public var defect: String? {
    let sizes = [vocabularySize, embeddingSize] + recurrent.map(\.hiddenSize)
    if recurrent.isEmpty { return "a language model needs at least one recurrent layer" }
    if let size = sizes.first(where: { $0 < 1 || $0 > 1 << 24 }) {
      return "sizes must lie between 1 and \(1 << 24), found \(size)"
    }
    let keeps = [inputKeepProbability, outputKeepProbability]
    if let keep = keeps.first(where: { !($0 > 0 && $0 <= 1) }) {
      return "keep probabilities must be above 0 and at most 1, found \(keep)"
    }
    if case .uniform(let bound) = initializer, !(bound > 0 && bound.isFinite) {
      return "the initial weights' bound must be a positive number, found \(bound)"
    }
    return nil
  }
}
