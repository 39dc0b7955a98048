import Foundation

import MynahIO
/// Multinomial naive Bayes: each word of a text is drawn independently from the word distribution of its class.
///
///     log p(k | x) = log p(k) + Σ_w log p(w | k) + constant
///     p(w | k) = (n_kw + α) / (Σ_v n_kv + α·V)
///
/// A. McCallum, K. Nigam, "A comparison of event models for naive Bayes text classification", 1998. Out-of-vocabulary
/// words are ignored.
public struct NaiveBayes: Hashable, Sendable {
  /// n_kw, the number of occurrences of word w in the texts of class k: [K][V].
  public let wordCounts: [[Int32]]
  /// The number of texts of each class: K values of at least 1.
  public let textCounts: [Int]
  /// α, the additive smoothing of the counts; positive, with 1 for Laplace smoothing.
  public let smoothing: Double
  private let logFrequencies: [[Double]]
  private let logPriors: [Double]

  /// Creates a classifier from its counts.
  ///
  /// - Precondition: all classes have counts of the same words, and each has at least one text.
  public init(wordCounts: [[Int32]], textCounts: [Int], smoothing: Double = 1) {
    require(
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

  /// Creates a classifier by counting the words of texts.
  ///
  /// - Parameters:
  ///   - texts: The words of each text, as indices in 0 ..< V.
  ///   - classes: The class of each text, in 0 ..< K.
  ///   - classCount: K, the number of classes.
  ///   - wordCount: V, the number of words.
  ///   - smoothing: α, the additive smoothing.
  public init(counting texts: [[Int32]], classes: [Int], classCount: Int, wordCount: Int, smoothing: Double = 1) {
    var words = [[Int32]](repeating: [Int32](repeating: 0, count: wordCount), count: classCount)
    var counts = [Int](repeating: 0, count: classCount)
    for (text, label) in zip(texts, classes) {
      counts[label] += 1
      for word in text { words[label][Int(word)] += 1 }
    }
    self.init(wordCounts: words, textCounts: counts, smoothing: smoothing)
  }

  /// Returns log p(k) + Σ log p(w | k) for each class.
  public func scores(_ words: some Sequence<Int32>) -> [Double] {
    zip(logPriors, logFrequencies).map { prior, frequencies in
      words.reduce(prior) { $0 + frequencies[Int($1)] }
    }
  }

  /// Returns the log-priors of the classes: the logarithms of their shares of all texts.
  static func logPriors(_ counts: [Int]) -> [Double] {
    let total = Double(counts.reduce(0, +))
    return counts.map { log(Double($0) / total) }
  }
}
