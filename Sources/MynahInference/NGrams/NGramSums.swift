import Foundation

/// The sum of the probabilities of some words after each context of an n-gram model.
///
///     Σ p(w | h) = α(h) Σ p(w | h′) + Σ (p(w | h) − α(h) p(w | h′))
///
/// The last sum is over the words with an n-gram hw only; h′ is the longest known context that h ends with.
struct NGramSums: Sendable {
  /// The sums after each node.
  private var sums: [Double]
  /// The sum after the empty n-gram.
  private var empty = 0.0

  /// Computes the sums of some words of a model.
  init(of members: Set<Int32>, in model: NGramModel) {
    let table = model.table
    let suffixes = table.suffixes()
    sums = [Double](repeating: 0, count: table.count)
    for node in 0..<table.count where members.contains(table.words[node]) {
      let probability = exp(Double(model.logProbabilities[node]))
      let parent = Int(table.parents[node])
      if parent < 0 {
        empty += probability
      } else {
        let shorter = model.logProbability(of: table.words[node], after: suffixes[parent], suffixes: suffixes)
        sums[parent] += probability - exp(Double(model.backoffs[parent]) + shorter)
      }
    }
    // A node comes after its suffix.
    for node in 0..<table.count {
      let shorter = suffixes[node] < 0 ? empty : sums[Int(suffixes[node])]
      sums[node] = max(0, sums[node] + exp(Double(model.backoffs[node])) * shorter)
    }
  }

  /// Returns the sum after a context, the node of an n-gram; −1 is the empty one.
  func sum(after node: Int32) -> Double { node < 0 ? empty : sums[Int(node)] }
}
