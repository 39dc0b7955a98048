public import MynahTensors

/// The distribution that weights are drawn from before training.
public enum Initializer: Hashable, Codable, Sendable {
  /// Uniform between −bound and +bound; bound > 0.
  case uniform(Float)

  /// Draws a tensor, element by element in row-major order.
  public func draw(_ shape: Shape, using random: inout RandomSource) -> Tensor {
    switch self {
    case .uniform(let bound):
      unsafe Tensor(shape: shape) { elements in
        for index in elements.indices { unsafe elements[index] = random.uniform(in: -bound..<bound) }
      }
    }
  }

  // Coded as {"bound": 0.1, "kind": "uniform"}.
  private struct Coded: Codable {
    enum Kind: String, Codable { case uniform }
    let kind: Kind
    let bound: Float
  }

  public init(from decoder: any Decoder) throws {
    let coded = try Coded(from: decoder)
    switch coded.kind {
    case .uniform: self = .uniform(coded.bound)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .uniform(let bound): try Coded(kind: .uniform, bound: bound).encode(to: encoder)
    }
  }
}
