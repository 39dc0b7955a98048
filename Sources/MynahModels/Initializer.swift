public import MynahTensors

/// The distribution that weights are drawn from before training.
public enum Initializer: Hashable, Codable, Sendable {
  /// Uniform between −bound and +bound; bound > 0.
  case uniform(Float)

  /// Draws a tensor, element by element in row-major order.
  public func draw(_ shape: Shape, using random: inout RandomSource) -> Tensor {
    switch self {
    case .uniform(let bound):
      Tensor(shape: shape, (0..<shape.elementCount).map { _ in random.uniform(in: -bound..<bound) })
    }
  }
}
