import Foundation
import MynahIO
public import MynahTensors

/// Tokens that are drawn to represent a whole vocabulary in a sampled softmax: distinct, and mostly frequent ones.
///
///     P(id) = log((id + 2) / (id + 1)) / log(V + 1)
///
/// This log-uniform distribution is close to that of words in a text if ids are in order of decreasing frequency, as in
/// this package's vocabularies. Tokens are drawn until `count` different ones are found. S. Jean, K. Cho, R. Memisevic,
/// Y. Bengio, "On using very large target vocabulary for neural machine translation", 2015; R. Jozefowicz et al.,
/// "Exploring the limits of language modeling", 2016. Draws and expected counts are those of TensorFlow's log-uniform
/// candidate sampler.
public struct SampledCandidates: Hashable, Sendable {
  /// The tokens, in the order in which they were drawn, without duplicates.
  public let ids: [Int32]
  /// The number of draws that were needed.
  public let drawCount: Int
  /// V, the number of tokens that were drawn from.
  public let vocabularySize: Int

  /// Draws `count` different tokens.
  ///
  /// Equal sources give equal candidates.
  ///
  /// - Precondition: 1 ≤ count ≤ V.
  /// - Complexity: nearly `count` draws if `count` is far below V, and about V·log² V draws if it equals V.
  public init(count: Int, vocabularySize: Int, using random: inout RandomSource) {
    require(
      count >= 1 && count <= vocabularySize, "cannot draw \(count) different tokens of \(vocabularySize)")
    let logarithm = log1p(Double(vocabularySize))
    var (ids, seen, drawCount) = ([Int32](), Set<Int32>(), 0)
    ids.reserveCapacity(count)
    seen.reserveCapacity(count)
    while ids.count < count {
      drawCount += 1
      let id = Int32(truncatingIfNeeded: (Int(exp(random.uniform() * logarithm)) - 1) % vocabularySize)
      if seen.insert(id).inserted { ids.append(id) }
    }
    self.init(ids: ids, drawCount: drawCount, vocabularySize: vocabularySize)
  }

  /// Creates candidates from tokens that were drawn elsewhere.
  ///
  /// - Precondition: the ids are in 0 ..< V and distinct, and `drawCount` is at least their number.
  public init(ids: [Int32], drawCount: Int, vocabularySize: Int) {
    require(
      ids.allSatisfy { $0 >= 0 && $0 < vocabularySize } && Set(ids).count == ids.count,
      "candidates must be different tokens in 0 ..< \(vocabularySize)")
    require(drawCount >= ids.count, "\(ids.count) different tokens take more than \(drawCount) draws")
    (self.ids, self.drawCount, self.vocabularySize) = (ids, drawCount, vocabularySize)
  }

  /// Returns the probability that one draw gives a token.
  public func probability(of id: Int32) -> Double { log1p(1 / (Double(id) + 1)) / log1p(Double(vocabularySize)) }

  /// Returns the expected count of a token among the candidates: 1 − (1 − P)^draws, or P·draws if no draw was a
  /// repetition.
  public func expectedCount(of id: Int32) -> Double {
    let probability = probability(of: id)
    if drawCount == ids.count { return probability * Double(drawCount) }
    return -expm1(Double(drawCount) * log1p(-probability))
  }
}
