import Foundation
import MynahModels
public import MynahText

/// The search for the temperature at which a predictor makes a text most probable.
///
/// A golden-section search over ln T: J. Kiefer, "Sequential minimax search for a maximum", 1953. The loss of a softmax
/// is convex in 1/T, so it has one minimum.
public enum TemperatureTuning {
  /// The range of temperatures that is searched.
  public static let range = 0.5...2.0
  /// The number of temperatures at which the text is read; the best one is found to within 1 %.
  private static let evaluationCount = 12

  /// Returns the best temperature for a text, rounded to four decimals.
  ///
  /// - Parameters:
  ///   - text: A text that is neither the training text nor the text to evaluate.
  ///   - policy: The positions at which the state is reset.
  ///   - report: Called periodically with the progress; an error that it throws ends the search.
  ///   - predictor: A function that returns the predictor at a given temperature; the predictor must not have begun a
  ///     text.
  /// - Throws: `InferenceError.nothingToPredict`, `TextError.unknownToken`, `InferenceError.notFinite`, and what
  ///   `report` throws.
  public static func temperature(
    on text: String, tokenizer: AnyTokenizer, policy: StatePolicy = .carry,
    report: (TextProgress) throws -> Void = { _ in }, of predictor: (_ temperature: Double) -> any Predictor
  ) throws -> Double {
    var count = 0
    func loss(_ logarithm: Double) throws -> (temperature: Double, nats: Double) {
      let temperature = (exp(logarithm) * 10_000).rounded() / 10_000
      let measured = try predictor(temperature).perplexity(of: text, tokenizer: tokenizer, policy: policy) { progress in
        let share = (Double(count) + progress.share) / Double(evaluationCount)
        try report(TextProgress(tokenCount: progress.tokenCount, share: share))
      }
      count += 1
      return (temperature, measured.loss.nats)
    }
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (log(range.lowerBound), log(range.upperBound))
    var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
    var (atLeft, atRight) = (try loss(left), try loss(right))
    while count < evaluationCount {
      if atLeft.nats <= atRight.nats {
        (high, right, atRight) = (right, left, atLeft)
        left = high - ratio * (high - low)
        atLeft = try loss(left)
      } else {
        (low, left, atLeft) = (left, right, atRight)
        right = low + ratio * (high - low)
        atRight = try loss(right)
      }
    }
    return atLeft.nats <= atRight.nats ? atLeft.temperature : atRight.temperature
  }
}
