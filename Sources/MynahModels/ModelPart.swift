/// A part of a language model that can be trained at a rate of its own.
public enum ModelPart: Hashable, Sendable {
  /// The embedding, and the output's weights if they are tied to it.
  case embedding
  /// A recurrent layer; 0 is next to the embedding.
  case layer(Int)
  /// The output layer's own parameters.
  case output
}

extension ModelPart: CustomStringConvertible {
  /// The name: `embedding`, `layer.0`, `output`.
  public var description: String {
    switch self {
    case .embedding: "embedding"
    case .layer(let index): "layer.\(index)"
    case .output: "output"
    }
  }

  /// Parses a name; nil if no part has it.
  public init?(_ name: some StringProtocol) {
    switch name {
    case "embedding": self = .embedding
    case "output": self = .output
    default:
      guard name.hasPrefix("layer."), let index = Int(name.dropFirst(6)), index >= 0, "layer.\(index)" == name else {
        return nil
      }
      self = .layer(index)
    }
  }
}

extension ModelPart: Codable {
  public init(from decoder: any Decoder) throws {
    let name = try decoder.singleValueContainer().decode(String.self)
    guard let part = ModelPart(name) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected embedding, layer.N or output"))
    }
    self = part
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension ModelArchitecture {
  /// The parts in the order of their parameters in `visitParameters`, each with its number of parameters.
  public var parts: [(part: ModelPart, parameterCount: Int)] {
    [(.embedding, 1)] + layerSpecs.enumerated().map { (.layer($0), $1.count) } + [(.output, outputSpecs.count)]
  }
}
