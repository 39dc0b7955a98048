public import MynahTensors

/// Weight drop: DropConnect on the recurrent weights, one mask for all steps and rows of a batch.
///
/// L. Wan et al., "Regularization of neural networks using DropConnect", 2013; S. Merity, N. Keskar, R. Socher,
/// "Regularizing and optimizing LSTM language models", 2018. The layer is as fast as without it.
public struct WeightDrop: Hashable, Codable, Sendable {
  private let mask: Dropout

  /// The probability that a weight is dropped: 0 ≤ rate < 1; 0 changes nothing.
  public var rate: Float { mask.rate }

  /// Creates weight drop.
  ///
  /// - Precondition: 0 ≤ rate < 1.
  public init(rate: Float) { mask = Dropout(rate: rate) }

  /// Returns a layer with some recurrent weights zero and the others scaled up; gradients flow to the kept weights.
  ///
  /// Each parameter of the role `recurrentWeight` has a mask of its own.
  public func callAsFunction<Layer: Module>(_ layer: Layer, using random: RandomSource) -> Layer {
    guard rate > 0 else { return layer }
    var (layer, random) = (layer, random)
    layer.visitParameters(prefix: "") { spec, weight in
      if spec.role == .recurrentWeight { weight = mask(weight, using: random.split()) }
    }
    return layer
  }
}
