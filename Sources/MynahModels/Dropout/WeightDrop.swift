public import MynahTensors

/// Weight drop: DropConnect on a layer's recurrent weights, one mask for all steps and rows of a batch.
///
/// L. Wan et al., "Regularization of neural networks using DropConnect", 2013; S. Merity, N. Keskar, R. Socher,
/// "Regularizing and optimizing LSTM language models", 2018. In a layer without recurrent weights, it applies to the
/// input weights, as in the authors' AWD-QRNN. The layer is as fast as without it.
public struct WeightDrop: Hashable, Codable, Sendable {
  private let mask: Dropout

  /// The probability that a weight is dropped: 0 ≤ rate < 1; 0 changes nothing.
  public var rate: Float { mask.rate }

  /// Creates weight drop.
  ///
  /// - Precondition: 0 ≤ rate < 1.
  public init(rate: Float) { mask = Dropout(rate: rate) }

  /// Returns a layer with some weights zero and the others scaled up; gradients flow to the kept weights.
  ///
  /// Each parameter of the role `recurrentWeight` has a mask of its own; in layers without one, each of the role
  /// `inputWeight`.
  public func callAsFunction<Layer: Module>(_ layer: Layer, using random: RandomSource) -> Layer {
    guard rate > 0 else { return layer }
    var (layer, random) = (layer, random)
    let isRecurrent = layer.parameterSpecs.contains { $0.role == .recurrentWeight }
    let dropped = isRecurrent ? ParameterRole.recurrentWeight : .inputWeight
    layer.visitParameters(prefix: "") { spec, weight in
      if spec.role == dropped { weight = mask(weight, using: random.split()) }
    }
    return layer
  }
}
