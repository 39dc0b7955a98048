import Foundation

import MynahIO
/// A trigram model with add-one smoothing: the baseline for recurrent models.
///
/// P(w | u v) = (count(u v w) + 1) / (count(u v) + V). Source: Jurafsky and Martin, "Speech and Language Processing",
/// chapter "N-gram language models". A text's first token is preceded by two `startID`s.
public struct TrigramModel: Sendable {
  /// The vocabulary size, V.
  public let vocabularySize: Int
  private let startID: Int32
  private var pairCounts: [UInt64: Int] = [:]
  private var tripleCounts: [Triple: Int] = [:]

  private struct Triple: Hashable {
    let pair: UInt64
    let last: Int32
  }

  /// Counts the trigrams of a text.
  ///
  /// - Parameter startID: The token that precedes the text, such as `<eos>`.
  public init(training ids: [Int32], vocabularySize: Int, startID: Int32) {
    require(vocabularySize > 0, "a vocabulary must have at least 1 token, got \(vocabularySize)")
    self.vocabularySize = vocabularySize
    self.startID = startID
    var context = Context(startID)
    for id in ids {
      pairCounts[context.pair, default: 0] += 1
      tripleCounts[Triple(pair: context.pair, last: id), default: 0] += 1
      context.append(id)
    }
  }

  /// Returns the perplexity of a text, including all of its tokens: exp(−1/n · Σ ln P); NaN for an empty text.
  public func perplexity(of ids: [Int32]) -> Double {
    var context = Context(startID)
    var nats = 0.0
    for id in ids {
      let triples = tripleCounts[Triple(pair: context.pair, last: id)] ?? 0
      let pairs = pairCounts[context.pair] ?? 0
      nats -= log(Double(triples + 1) / Double(pairs + vocabularySize))
      context.append(id)
    }
    return exp(nats / Double(ids.count))
  }

  /// The two tokens that precede the next one.
  private struct Context {
    private(set) var pair: UInt64

    init(_ startID: Int32) {
      let start = UInt64(UInt32(bitPattern: startID))
      pair = start << 32 | start
    }

    mutating func append(_ id: Int32) { pair = pair << 32 | UInt64(UInt32(bitPattern: id)) }
  }
}
