import Foundation
import MynahInference
public import MynahModels
import MynahTensors

/// A language model for each class: a text belongs to the class whose model finds it most probable, priors counted in.
///
///     p(k | x) ∝ p(k) · Π_t p(x_t | x_<t, k)
///
/// The models have one vocabulary and one shape.
public struct ClassModels: Sendable {
  /// The models, a class each.
  public let models: [LanguageModel]
  private let packed: [InferenceModel]

  /// Packs the models' weights to be asked.
  ///
  /// - Precondition: there are models, all of one configuration.
  public init(_ models: [LanguageModel]) {
    precondition(
      models.allSatisfy { $0.configuration == models.first?.configuration } && !models.isEmpty,
      "the models of classes are of one configuration")
    self.models = models
    packed = models.map { InferenceModel($0) }
  }

  /// log p(x | k) in nats for each class.
  ///
  /// - Parameter ids: The token that a text begins after, and the text's.
  public func logLikelihoods(_ ids: [Int32]) -> [Double] { packed.map { -$0.loss(of: ids).nats } }
}
