import Foundation

/// Multinomial naive Bayes: a text's words are drawn one by one, each class with frequencies of its own.
///
///     log p(k | x) = log p(k) + Σ_w log p(w | k) + constant
///     p(w | k) = (n_kw + α) / (Σ_v n_kv + α·V)
///
/// A. McCallum, K. Nigam, "A comparison of event models for naive Bayes text classification", 1998. Words that no class has seen do
/// not count.
public struct NaiveBayes: Hashable, Sendable {
  /// How often class k has word w: [K][V].
  public let wordCounts: [[Int32]]
  /// How many texts each class has, K numbers of 1 or more.
  public let textCounts: [Int]
  /// α, what is added to each count: positive; 1 is Laplace's rule.
  public let smoothing: Double
  private let logFrequencies: [[Double]]
  private let logPriors: [Double]

  /// Creates a classifier from its counts.
  ///
  /// - Precondition: each class has counts of the same words and a text.
  public init(wordCounts: [[Int32]], textCounts: [Int], smoothing: Double = 1) {
    precondition(
      wordCounts.count == textCounts.count && wordCounts.allSatisfy { $0.count == wordCounts.first?.count }
        && textCounts.allSatisfy { $0 > 0 },
      "naive Bayes needs a row of word counts and a text for each class, found \(wordCounts.count) and \(textCounts)")
    (self.wordCounts, self.textCounts, self.smoothing) = (wordCounts, textCounts, smoothing)
    logFrequencies = wordCounts.map { row in
      let total = row.reduce(0.0) { $0 + Double($1) } + smoothing * Double(row.count)
      return row.map { log((Double($0) + smoothing) / total) }
    }
    logPriors = Self.logPriors(textCounts)
  }

  /// Counts the words of texts.
  ///
  /// - Parameters:
  ///   - texts: The words of each text, as numbers in 0 ..< V.
  ///   - classes: The class of each text, in 0 ..< K.
  ///   - classCount: K.
  ///   - wordCount: V.
  ///   - smoothing: α.
  public init(counting texts: [[Int32]], classes: [Int], classCount: Int, wordCount: Int, smoothing: Double = 1) {
    var words = [[Int32]](repeating: [Int32](repeating: 0, count: wordCount), count: classCount)
    var counts = [Int](repeating: 0, count: classCount)
    for (text, label) in zip(texts, classes) {
      counts[label] += 1
      for word in text { words[label][Int(word)] += 1 }
    }
    self.init(wordCounts: words, textCounts: counts, smoothing: smoothing)
  }

  /// log p(k) + Σ log p(w | k) for each class.
  public func scores(_ words: some Sequence<Int32>) -> [Double] {
    zip(logPriors, logFrequencies).map { prior, frequencies in
      words.reduce(prior) { $0 + frequencies[Int($1)] }
    }
  }

  /// The logarithms of the shares that classes have of all texts.
  static func logPriors(_ counts: [Int]) -> [Double] {
    let total = Double(counts.reduce(0, +))
    return counts.map { log(Double($0) / total) }
  }
}
