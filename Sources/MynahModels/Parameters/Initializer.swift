import Foundation
public import MynahTensors

/// The distribution that weights are drawn from before training.
public enum Initializer: Hashable, Codable, Sendable {
  /// Uniform between −bound and +bound; bound > 0.
  case uniform(Float)
  /// Uniform between ±√(6 / (rows + columns)), so signals keep their variance in both directions; vectors are zero.
  ///
  /// X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
  case glorotUniform
  /// Rows or columns, whichever are fewer, orthogonal to each other and of length 1; vectors are zero.
  ///
  /// A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
  /// networks", 2014. All such matrices are equally likely. Cost: 2·rows·columns·min(rows, columns).
  case orthogonal
  /// Uniform between ±1/√n, as PyTorch initialises its recurrent and linear layers: n is the hidden size of a recurrent
  /// layer, also for its biases, and the number of columns of any other matrix; other vectors are zero.
  case pyTorch
  /// Zeros.
  case zeros

  /// Draws a tensor, element by element in row-major order.
  ///
  /// - Precondition: an orthogonal tensor is a matrix or a vector.
  public func draw(_ shape: Shape, using random: inout RandomSource) -> Tensor {
    switch self {
    case .uniform(let bound):
      return Self.uniform(bound, shape, using: &random)
    case .glorotUniform:
      guard shape.rank > 1 else { return .zeros(shape) }
      return Self.uniform((6 / Float(shape[-2] + shape[-1])).squareRoot(), shape, using: &random)
    case .orthogonal:
      return shape.rank > 1 ? Self.orthogonal(shape, using: &random) : .zeros(shape)
    case .pyTorch:
      guard shape.rank > 1 else { return .zeros(shape) }
      return Self.uniform(1 / Float(shape[-1]).squareRoot(), shape, using: &random)
    case .zeros:
      return .zeros(shape)
    }
  }

  /// Returns the distribution of a recurrent layer's weights and biases.
  func ofLayer(hiddenSize: Int) -> Initializer {
    self == .pyTorch ? .uniform(1 / Float(hiddenSize).squareRoot()) : self
  }

  private static func uniform(_ bound: Float, _ shape: Shape, using random: inout RandomSource) -> Tensor {
    unsafe Tensor(shape: shape) { elements in
      for index in elements.indices { unsafe elements[index] = random.uniform(in: -bound..<bound) }
    }
  }

  /// The reason why no weights can be drawn; nil if they can.
  var defect: String? {
    guard case .uniform(let bound) = self, !(bound > 0 && bound.isFinite) else { return nil }
    return "the initial weights' bound must be a positive number, found \(bound)"
  }

  // Coded as {"bound": 0.1, "kind": "uniform"}; the others have no bound.
  private struct Coded: Codable {
    enum Kind: String, Codable { case uniform, glorotUniform, orthogonal, pyTorch, zeros }
    let kind: Kind
    var bound: Float?
  }

  public init(from decoder: any Decoder) throws {
    let coded = try Coded(from: decoder)
    switch coded.kind {
    case .uniform:
      guard let bound = coded.bound else {
        throw DecodingError.dataCorrupted(
          DecodingError.Context(
            codingPath: decoder.codingPath, debugDescription: "a uniform distribution needs a bound"))
      }
      self = .uniform(bound)
    case .glorotUniform: self = .glorotUniform
    case .orthogonal: self = .orthogonal
    case .pyTorch: self = .pyTorch
    case .zeros: self = .zeros
    }
  }

  public func encode(to encoder: any Encoder) throws {
    let coded =
      switch self {
      case .uniform(let bound): Coded(kind: .uniform, bound: bound)
      case .glorotUniform: Coded(kind: .glorotUniform)
      case .orthogonal: Coded(kind: .orthogonal)
      case .pyTorch: Coded(kind: .pyTorch)
      case .zeros: Coded(kind: .zeros)
      }
    try coded.encode(to: encoder)
  }
}
