import MynahIO
public import MynahTensors

/// A network whose logits are divided by a temperature: below 1 sharpens its distribution, above 1 flattens it.
///
///     p(w) ∝ exp(logit(w) / T)
///
/// For outputs without logits, such as a mixture of softmaxes, log-probabilities take the place of logits. A
/// temperature that is tuned on a validation text (`TemperatureTuning`) can make other texts more probable, too: G.
/// Melis, T. Kočiský, P. Blunsom, "Mogrifier LSTM", 2020.
public struct TemperedPredictor<Base: HiddenPredictor>: HiddenPredictor {
  /// T, above 0.
  public let temperature: Double
  private var base: Base

  /// Wraps a network.
  ///
  /// - Precondition: the temperature is positive and finite.
  public init(_ base: Base, temperature: Double) {
    require(
      temperature > 0 && temperature.isFinite, "a temperature must be positive and finite, got \(temperature)")
    (self.base, self.temperature) = (base, temperature)
  }

  public var vocabularySize: Int { base.vocabularySize }

  public var scoringLength: Int { base.scoringLength }

  public mutating func read(_ ids: [Int32]) throws { try base.read(ids) }

  public mutating func logProbabilities() throws -> [Double] {
    try base.logProbabilities().map { $0 / temperature }.logSoftmax()
  }

  public mutating func hidden() throws -> [Float] { try base.hidden() }

  public mutating func score(_ ids: [Int32]) throws -> [Double] { try scoreReturningHidden(ids).logProbabilities }

  public mutating func scoreReturningHidden(_ ids: [Int32]) throws -> (logProbabilities: [Double], hidden: [Float]) {
    try check(ids)
    var result = (logProbabilities: [Double](), hidden: [Float]())
    // The logits of a chunk are in memory.
    for first in stride(from: 0, to: ids.count, by: 64) {
      let chunk = Array(ids[first..<min(first + 64, ids.count)])
      let (logits, hidden) = try base.logitsReturningHidden(reading: chunk)
      for (place, id) in chunk.enumerated() {
        let row = logits.row(place).map { Double($0) / temperature }
        result.logProbabilities.append(row[Int(id)] - row.logSumExp())
      }
      result.hidden += hidden
    }
    return result
  }

  public mutating func logitsReturningHidden(reading ids: [Int32]) throws -> (logits: Tensor, hidden: [Float]) {
    let (logits, hidden) = try base.logitsReturningHidden(reading: ids)
    return (logits * Float(1 / temperature), hidden)
  }
}
