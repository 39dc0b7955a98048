public import MynahTensors

/// A sequence of affine maps, each followed by a hyperbolic tangent: y = tanh(W_n … tanh(W_1 x + b_1) … + b_n).
public struct FeedForward: Module {
  /// The maps, in order; without maps, the outputs are the inputs.
  public var layers: [Linear]

  /// Creates a network from its maps.
  public init(_ layers: [Linear]) { self.layers = layers }

  /// Creates a network with randomly initialised weights.
  ///
  /// - Parameter sizes: The sizes of the inputs, of the outputs of each map but the last, and of the outputs.
  public init(sizes: [Int], initializer: Initializer, using random: inout RandomSource) {
    layers = zip(sizes, sizes.dropFirst()).map {
      Linear(inputSize: $0, outputSize: $1, initializer: initializer, using: &random)
    }
  }

  /// Creates a network from the weight and bias of each map, in order.
  init(parameters: [Variable]) {
    layers = stride(from: 0, to: parameters.count, by: 2).map {
      Linear(weight: parameters[$0], bias: parameters[$0 + 1])
    }
  }

  /// Returns the specs of a network's parameters.
  static func specs(sizes: [Int], weight role: ParameterRole) -> [ParameterSpec] {
    zip(sizes, sizes.dropFirst()).enumerated().flatMap { index, size in
      [
        ParameterSpec("\(index).weight", [size.1, size.0], role), ParameterSpec("\(index).bias", [size.1], .bias()),
      ]
    }
  }

  /// Returns the outputs of each row: [N, in] → [N, out].
  public func callAsFunction(_ x: Variable) -> Variable { layers.reduce(x) { $1($0).tanh() } }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    for index in layers.indices { try layers[index].visitParameters(prefix: prefix + "\(index).", body) }
  }
}
