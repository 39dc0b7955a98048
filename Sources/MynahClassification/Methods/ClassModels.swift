import Foundation
import MynahIO
public import MynahInference
public import MynahModels
import MynahTensors

/// A generative classifier with one language model per class: predicts the class whose model, weighted by the class
/// prior, assigns the text the highest probability.
///
///     p(k | x) ∝ p(k) · Π_t p(x_t | x_<t, k)
///
/// All models share one vocabulary and one configuration.
public struct ClassModels: Sendable {
  /// The models, one per class.
  public let models: [LanguageModel]
  private let packed: [InferenceModel]

  /// Creates a classifier and packs the models' weights for inference.
  ///
  /// - Precondition: there is at least one model, and all have the same configuration.
  public init(_ models: [LanguageModel]) {
    require(
      models.allSatisfy { $0.configuration == models.first?.configuration } && !models.isEmpty,
      "the models of all classes must have the same configuration")
    self.models = models
    packed = models.map { InferenceModel($0) }
  }

  /// Returns log p(x | k) in nats for each class.
  ///
  /// - Parameter ids: The start token, followed by the tokens of the text.
  /// - Throws: `InferenceError.noSuchToken` if an id is not in the vocabulary.
  public func logLikelihoods(_ ids: [Int32]) throws(InferenceError) -> [Double] {
    var result: [Double] = []
    for model in packed { result.append(-(try model.loss(of: ids)).nats) }
    return result
  }
}
