public import MynahTensors

/// DropConnect on recurrent weights: one mask on W_hh for all steps and rows of a batch.
///
/// L. Wan et al., "Regularization of neural networks using DropConnect", 2013; S. Merity, N. Keskar, R. Socher, 2017. The layer itself
/// stays as it is, and so does its speed: only its weights are others.
public struct WeightDrop: Hashable, Codable, Sendable {
  /// The probability that a weight is kept: 0 < keep ≤ 1; 1 changes nothing.
  public var keepProbability: Float { mask.keepProbability }
  private let mask: Dropout

  /// Creates a dropout.
  ///
  /// - Precondition: 0 < keepProbability ≤ 1.
  public init(keepProbability: Float) { mask = Dropout(keepProbability: keepProbability) }

  /// A layer some of whose recurrent weights are zero and the others scaled up; gradients flow to the weights that were kept.
  ///
  /// The recurrent weights are the parameters that are named `weight_hh…`, as in PyTorch; each has a mask of its own.
  public func callAsFunction<Layer: Module>(_ layer: Layer, using random: RandomSource) -> Layer {
    guard keepProbability < 1 else { return layer }
    var (layer, random) = (layer, random)
    layer.visitParameters(prefix: ".") { name, weight in
      if name.contains(".weight_hh") { weight = mask(weight, using: random.split()) }
    }
    return layer
  }
}
