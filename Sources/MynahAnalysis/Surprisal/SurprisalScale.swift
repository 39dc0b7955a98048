import Foundation

/// The scale of the colours of a surprisal page.
struct SurprisalScale {
  /// The surprisal in bits at which the colour saturates.
  let fullBits: Double
  /// The meaning of that surprisal.
  let meaning: String

  /// The scale of tokens: that of a uniform distribution over the vocabulary, log₂ V.
  static func tokens(vocabularySize: Int) -> SurprisalScale {
    SurprisalScale(fullBits: max(1, log2(Double(max(vocabularySize, 1)))), meaning: "a uniform guess")
  }

  /// The scale of words, whose number is unlimited.
  static let words = SurprisalScale(fullBits: 20, meaning: "one in a million")

  /// The difference in bits at which the colour saturates: one probability is 8 times the other.
  static let fullDifference = 3.0

  /// Returns the strength of a surprisal's colour, 0 … 1.
  func strength(of bits: Double) -> Double { min(1, bits / fullBits) }

  /// Returns the strength of the difference between the second and the first of two surprisals, −1 … 1; nil unless
  /// there are two.
  static func difference(_ bits: [Double?]) -> Double? {
    guard bits.count == 2, let first = bits[0], let second = bits[1] else { return nil }
    return max(-1, min(1, (second - first) / fullDifference))
  }
}
