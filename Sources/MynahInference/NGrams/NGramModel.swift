import Foundation
public import MynahText

/// An n-gram model with back-off.
///
/// p(w | h) is the probability of the longest known n-gram that ends with w, times the back-off weights of the longer
/// known contexts.
public struct NGramModel: Sendable {
  /// The marks at the beginning and the end of a sentence.
  static let (sentenceStart, sentenceEnd) = ("<s>", "</s>")

  /// n: the length of the longest n-grams.
  public let order: Int
  /// The words, including `<s>` and `</s>`.
  public let vocabulary: Vocabulary
  /// The smoothing of a model that was counted; nil if it was read from a file.
  public internal(set) var smoothing: NGramSmoothing?
  var table: NGramTable
  /// ln p(last word | the words before it) of each node.
  var logProbabilities: [Float]
  /// ln of the back-off weight of each node; 0 if none was given.
  var backoffs: [Float]

  init(order: Int, vocabulary: Vocabulary) {
    (self.order, self.vocabulary) = (order, vocabulary)
    table = NGramTable(wordCount: vocabulary.count)
    logProbabilities = [Float](repeating: -.infinity, count: vocabulary.count)
    backoffs = [Float](repeating: 0, count: vocabulary.count)
  }

  /// The number of n-grams of each length, 1 … n.
  public var counts: [Int] {
    var counts = [Int](repeating: 0, count: order)
    for length in table.lengths() { counts[length - 1] += 1 }
    return counts
  }

  /// The context of a word: the nodes of the last 1, 2, … words, up to the longest known n-gram; −1 for an n-gram that
  /// the model lacks, since a pruned model may contain an n-gram without its suffix.
  struct Context: Hashable, Sendable {
    fileprivate(set) var nodes: [Int32] = []

    /// The longest known n-gram; −1 if there is none.
    var longest: Int32 { nodes.last ?? -1 }
  }

  /// Returns the context after a word; an unknown word, −1, begins a new one.
  func context(_ context: Context, reading word: Int32) -> Context {
    guard order > 1, word >= 0 else { return Context() }
    var result = Context(nodes: [word])
    for node in context.nodes.prefix(order - 2) {
      result.nodes.append(node < 0 ? -1 : table.child(of: node, word) ?? -1)
    }
    while result.longest < 0 { result.nodes.removeLast() }
    return result
  }

  /// The context at a sentence's beginning.
  var start: Context { vocabulary.id(of: Self.sentenceStart).map { context(Context(), reading: $0) } ?? Context() }

  /// Returns ln p(word | context); −∞ for an unknown word, −1.
  func logProbability(of word: Int32, after context: Context) -> Float {
    guard word >= 0 else { return -.infinity }
    var backoff: Float = 0
    for node in context.nodes.prefix(order - 1).reversed() where node >= 0 {
      if let found = table.child(of: node, word) { return backoff + logProbabilities[Int(found)] }
      backoff += backoffs[Int(node)]
    }
    return backoff + logProbabilities[Int(word)]
  }

  /// Returns ln p(word | the words of a node), for nodes of fewer than n words; −1 is the empty n-gram.
  ///
  /// - Parameter suffixes: `table.suffixes()`.
  func logProbability(of word: Int32, after node: Int32, suffixes: [Int32]) -> Double {
    var (node, backoff) = (node, 0.0)
    while node >= 0 {
      if let found = table.child(of: node, word) { return backoff + Double(logProbabilities[Int(found)]) }
      backoff += Double(backoffs[Int(node)])
      node = suffixes[Int(node)]
    }
    return backoff + Double(logProbabilities[Int(word)])
  }
}
