public import MynahTensors

/// Affine maps one after the other, a hyperbolic tangent behind each: y = tanh(W_n … tanh(W_1 x + b_1) … + b_n).
public struct FeedForward: Module {
  /// The maps, first one first; without any the inputs are the outputs.
  public var layers: [Linear]

  /// Creates a network from its maps.
  public init(_ layers: [Linear]) { self.layers = layers }

  /// Creates a network with drawn weights.
  ///
  /// - Parameter sizes: Those of the inputs, of each map's outputs but the last, and of the outputs.
  public init(sizes: [Int], initializer: Initializer, using random: inout RandomSource) {
    layers = zip(sizes, sizes.dropFirst()).map {
      Linear(inputSize: $0, outputSize: $1, initializer: initializer, using: &random)
    }
  }

  /// The outputs of each row: [N, in] → [N, out].
  public func callAsFunction(_ x: Variable) -> Variable { layers.reduce(x) { $1($0).tanh() } }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    for index in layers.indices { try layers[index].visitParameters(prefix: prefix + "\(index).", body) }
  }
}
