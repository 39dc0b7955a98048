import Foundation
import MynahTensors

/// Sequence lengths that are drawn for each batch of contiguous text: near T with probability 0.95, else near T / 2.
///
///     b = T with probability 0.95, else T / 2     length = max(5, ⌊x⌋),   x from the normal distribution N(b, 5²)
///
/// S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language models", 2018, with the constants of the
/// authors' program. A length is at most T + 25, five standard deviations above T, so the memory of a step is bounded.
///
/// The lengths of an epoch cover a row of text exactly, and every epoch has the same number of batches, so that the
/// mean length is close to the expected one. If the drawn lengths do not add up to the row, randomly chosen lengths are
/// changed by one step at a time until they do: for T = 70, by about 9 / √n steps per batch in an epoch of n batches.
struct RandomLengths: Hashable, Sendable {
  /// The smallest length, unless the row is shorter.
  static let smallest = 5
  private static let deviation = 5.0

  /// T, the length that most batches are near.
  let base: Int

  /// The largest length.
  var largest: Int { base + Int(5 * Self.deviation) }

  /// The probabilities of the lengths from `smallest` to `largest`.
  var probabilities: [Double] {
    /// The probability that a normally distributed number is at least `bound`.
    func tail(_ mean: Double, _ bound: Int) -> Double {
      erfc((Double(bound) - mean) / (Self.deviation * 2.0.squareRoot())) / 2
    }
    return (Self.smallest...largest).map { length in
      [(0.95, Double(base)), (0.05, Double(base) / 2)].reduce(0) { sum, part in
        let from = length == Self.smallest ? 1 : tail(part.1, length)
        return sum + part.0 * (from - (length == largest ? 0 : tail(part.1, length + 1)))
      }
    }
  }

  /// The expected length.
  var mean: Double { zip(Self.smallest...largest, probabilities).reduce(0) { $0 + Double($1.0) * $1.1 } }

  /// Returns the number of batches that cover a row of some steps, at least 1.
  func batchCount(covering stepCount: Int) -> Int {
    let fewest = (stepCount + largest - 1) / largest
    let most = stepCount / Self.smallest
    return max(1, min(max(fewest, Int((Double(stepCount) / mean).rounded())), most))
  }

  /// Draws the lengths of an epoch's batches, whose sum is the number of steps of a row.
  func lengths(covering stepCount: Int, using random: inout RandomSource) -> [Int] {
    let probabilities = probabilities
    var lengths = (0..<batchCount(covering: stepCount)).map { _ in
      Self.smallest + random.index(weights: probabilities)
    }
    let bounds = min(Self.smallest, stepCount)...largest
    var rest = stepCount - lengths.reduce(0, +)
    while rest != 0 {
      let index = Int(random.uniform() * Double(lengths.count))
      let length = lengths[index] + rest.signum()
      guard bounds.contains(length) else { continue }
      lengths[index] = length
      rest -= rest.signum()
    }
    return lengths
  }
}
