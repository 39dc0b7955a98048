import Foundation
import MynahIO

/// The totals of a text's surprisals by one model, or by two.
struct SurprisalSummary {
  private struct Total {
    var (count, unknownCount, bits) = (0, 0, 0.0)
  }

  /// "token" or "word".
  let unit: String
  private var totals: [Total]
  /// The number of tokens that both models predict, and of those to which the second model assigns a lower surprisal.
  private var (pairCount, lowerCount) = (0, 0)
  private var difference = 0.0

  init(unit: String, modelCount: Int) {
    self.unit = unit
    totals = Array(repeating: Total(), count: modelCount)
  }

  var hasUnknown: Bool { totals.contains { $0.unknownCount > 0 } }

  mutating func add(_ readings: [SurprisalReading]) {
    for (index, reading) in readings.enumerated() {
      if reading.unknown != nil { totals[index].unknownCount += 1 }
      guard let bits = reading.bits else { continue }
      totals[index].count += 1
      totals[index].bits += bits
    }
    guard readings.count == 2, let first = readings[0].bits, let second = readings[1].bits else { return }
    pairCount += 1
    difference += second - first
    if second < first { lowerCount += 1 }
  }

  /// The figures of the models in one line.
  var text: String {
    guard totals.contains(where: { $0.count > 0 }) else { return "No \(unit) was predicted." }
    let means = totals.map { $0.bits / Double(max($0.count, 1)) }
    let bits = means.map { $0.formatted(2) }.joined(separator: " and ")
    let perplexities = means.map { exp2($0).formatted(2) }.joined(separator: " and ")
    var text = "\(both(\.count)) \(unit)s · \(bits) bits per \(unit) · perplexity \(perplexities)"
    if hasUnknown { text += " · \(both(\.unknownCount)) unknown" }
    return text
  }

  /// The difference of the two models in one sentence.
  var comparison: String {
    guard pairCount > 0 else { return "No \(unit) was predicted by both models." }
    let mean = difference / Double(pairCount)
    return "The second model's surprisal is lower for \(lowerCount) of \(pairCount) \(unit)s, and on average "
      + "\(abs(mean).formatted(2)) bits \(mean < 0 ? "lower" : "higher")."
  }

  /// Returns the counts of both models, or one number if they are equal.
  private func both(_ count: (Total) -> Int) -> String {
    let counts = totals.map(count)
    return Set(counts).count == 1 ? "\(counts[0])" : counts.map { "\($0)" }.joined(separator: " and ")
  }
}
