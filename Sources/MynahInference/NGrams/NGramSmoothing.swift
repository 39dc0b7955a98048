import MynahIO

/// The smoothing of an n-gram model: interpolated modified Kneser–Ney.
public struct NGramSmoothing: Hashable, Sendable {
  /// The discounts of n-grams of each length, 1 … n.
  public let discounts: [NGramDiscounts]
  /// The lengths whose discounts could not be estimated, so that fixed ones were used; ascending.
  public let fallbackLengths: [Int]

  /// Estimates discounts.
  ///
  /// - Parameters:
  ///   - counts: The number of n-grams with a count of 1, 2, 3 and 4, for each length of n-grams.
  ///   - fallback: The discounts of lengths for which they cannot be estimated.
  /// - Throws: `InferenceError.tooFewNGrams` for such a length without a fallback.
  init(_ counts: [[Int]], fallback: NGramDiscounts?) throws(InferenceError) {
    var (discounts, lengths) = ([NGramDiscounts](), [Int]())
    for (length, counts) in zip(1..., counts) {
      if let estimate = NGramDiscounts(estimatedFrom: counts) {
        discounts.append(estimate)
      } else if let fallback {
        discounts.append(fallback)
        lengths.append(length)
      } else {
        throw .tooFewNGrams(length: length)
      }
    }
    (self.discounts, fallbackLengths) = (discounts, lengths)
  }
}

/// The discounts of modified Kneser–Ney smoothing for n-grams of one length, which are subtracted from their counts.
public struct NGramDiscounts: Hashable, Sendable {
  /// D₁, the discount of a count of 1, 0 … 1.
  public let one: Double
  /// D₂, the discount of a count of 2, 0 … 2.
  public let two: Double
  /// D₃₊, the discount of counts of 3 and more, 0 … 3.
  public let threeOrMore: Double

  /// The discounts 0.5, 1 and 1.5, which KenLM's `--discount_fallback` uses for texts whose discounts cannot be
  /// estimated.
  public static let fallback = NGramDiscounts(one: 0.5, two: 1, threeOrMore: 1.5)

  /// Creates discounts.
  ///
  /// - Precondition: Each is in its range.
  public init(one: Double, two: Double, threeOrMore: Double) {
    require(
      (0...1).contains(one) && (0...2).contains(two) && (0...3).contains(threeOrMore),
      "discounts must be in 0 ... 1, 0 ... 2 and 0 ... 3, got \(one), \(two) and \(threeOrMore)")
    (self.one, self.two, self.threeOrMore) = (one, two, threeOrMore)
  }

  /// Estimates discounts; nil if there are too few n-grams with small counts.
  ///
  ///     Dₖ = k − (k + 1) n₁ / (n₁ + 2 n₂) · nₖ₊₁ / nₖ
  ///
  /// S. Chen, J. Goodman, "An empirical study of smoothing techniques for language modeling", 1998, equation 26.
  ///
  /// - Parameter counts: n₁ … n₄, the numbers of n-grams with a count of 1, 2, 3 and 4.
  init?(estimatedFrom counts: [Int]) {
    let n = counts.map { Double($0) }
    guard n[0] > 0 && n[1] > 0 && n[2] > 0 else { return nil }
    let share = n[0] / (n[0] + 2 * n[1])
    let discounts = (1...3).map { Double($0) - Double($0 + 1) * share * n[$0] / n[$0 - 1] }
    guard zip(discounts, 1...3).allSatisfy({ $0 >= 0 && $0 <= Double($1) }) else { return nil }
    (one, two, threeOrMore) = (discounts[0], discounts[1], discounts[2])
  }

  /// The discount of a count, 0 or more.
  subscript(count: Int32) -> Double {
    switch count {
    case ...0: 0
    case 1: one
    case 2: two
    default: threeOrMore
    }
  }
}
