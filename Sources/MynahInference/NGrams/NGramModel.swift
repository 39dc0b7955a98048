import Foundation
public import MynahText

/// An n-gram model with back-off.
///
/// p(w | h) is that of the longest known n-gram that ends with w, times the back-off weights of the longer known
/// contexts.
public struct NGramModel: Sendable {
  /// The marks at the beginning and the end of a sentence.
  static let (sentenceStart, sentenceEnd) = ("<s>", "</s>")

  /// n: the length of the longest n-grams.
  public let order: Int
  /// The words, `<s>` and `</s>` among them.
  public let vocabulary: Vocabulary
  var table: NGramTable
  /// ln p(last word | the words before it) of each node.
  var logProbabilities: [Float]
  /// ln of the back-off weight of each node; 0 where it was not given.
  var backoffs: [Float]

  init(order: Int, vocabulary: Vocabulary) {
    (self.order, self.vocabulary) = (order, vocabulary)
    table = NGramTable(wordCount: vocabulary.count)
    logProbabilities = [Float](repeating: -.infinity, count: vocabulary.count)
    backoffs = [Float](repeating: 0, count: vocabulary.count)
  }

  /// The number of n-grams of each length, 1 … n.
  public var counts: [Int] {
    var lengths = [Int](repeating: 1, count: table.count)
    var counts = [Int](repeating: 0, count: order)
    for node in 0..<table.count {
      if table.parents[node] >= 0 { lengths[node] = lengths[Int(table.parents[node])] + 1 }
      counts[lengths[node] - 1] += 1
    }
    return counts
  }

  /// The last words, as the nodes of the last 1, 2, … of them, up to the longest known n-gram.
  struct Context: Hashable, Sendable {
    fileprivate(set) var nodes: [Int32] = []
  }

  /// The context after a word.
  func context(_ context: Context, reading word: Int32) -> Context {
    guard order > 1 else { return Context() }
    var result = Context(nodes: [word])
    for node in context.nodes.prefix(order - 2) {
      // A longer context can be known only if the shorter one is.
      guard let next = table.child(of: node, word) else { break }
      result.nodes.append(next)
    }
    return result
  }

  /// The context at a sentence's beginning.
  var start: Context { vocabulary.id(of: Self.sentenceStart).map { context(Context(), reading: $0) } ?? Context() }

  /// ln p(word | context).
  func logProbability(of word: Int32, after context: Context) -> Float {
    var backoff: Float = 0
    for node in context.nodes.prefix(order - 1).reversed() {
      if let found = table.child(of: node, word) { return backoff + logProbabilities[Int(found)] }
      backoff += backoffs[Int(node)]
    }
    return backoff + logProbabilities[Int(word)]
  }
}
