import Foundation

import MynahIO
extension NGramModel {
  /// Returns the model without the n-grams whose removal changes it least (entropy pruning).
  ///
  /// An n-gram hw is removed if the perplexity of the model rises by less than the threshold when it alone is removed:
  /// e^D − 1 < threshold, where D is the relative entropy of the model without hw to the model,
  ///
  ///     D = −p(h) { p(w | h) [ln p(w | h′) + ln α′(h) − ln p(w | h)] + [ln α′(h) − ln α(h)] Σ p(v | h) }
  ///
  /// h′ is h without its first word, α′(h) the back-off weight without hw; the sum is over the words v without an
  /// n-gram hv. p(h) is the product of the model's probabilities of its words, with p(`</s>`) for `<s>`. Single words
  /// are kept, and so are the n-grams with which longer kept ones begin. Back-off weights are then recomputed so that
  /// probabilities add up to 1. If all n-grams of the maximum length are removed, the order becomes smaller.
  ///
  /// A. Stolcke, "Entropy-based pruning of backoff language models", 1998; the threshold is that of SRILM's `-prune`.
  /// Models with Kneser–Ney smoothing lose more than others at the same size, since their shorter n-grams are not
  /// estimates of p(h): C. Chelba et al., "Study on interaction between entropy pruning and Kneser-Ney smoothing",
  /// 2010.
  ///
  /// - Parameter threshold: The relative rise of the perplexity, 0 or more; 0 removes nothing, 1e-8 little, 1e-6 most.
  /// - Precondition: The probabilities of all words after a context add up to 1.
  public func pruned(threshold: Double) -> NGramModel {
    require(threshold >= 0, "a threshold must not be negative, got \(threshold)")
    return keeping(NGramPruning(self, threshold: threshold).kept)
  }

  /// Returns the model with only the kept nodes, which must include the parent of each kept node.
  private func keeping(_ kept: [Bool]) -> NGramModel {
    let lengths = table.lengths()
    let order = kept.indices.reduce(1) { kept[$1] ? max($0, lengths[$1]) : $0 }
    var result = NGramModel(order: order, vocabulary: vocabulary)
    result.smoothing = smoothing
    // The new index of each kept node, and the contexts whose probabilities have changed.
    var (nodes, isChanged) = ([Int32](repeating: -1, count: table.count), [Bool](repeating: false, count: table.count))
    for node in 0..<table.count {
      let parent = table.parents[node]
      if !kept[node] {
        isChanged[Int(parent)] = true
      } else if parent < 0 {
        nodes[node] = Int32(node)
        (result.logProbabilities[node], result.backoffs[node]) = (logProbabilities[node], backoffs[node])
      } else {
        nodes[node] = result.table.insert(nodes[Int(parent)], table.words[node])
        result.logProbabilities.append(logProbabilities[node])
        result.backoffs.append(backoffs[node])
      }
    }
    result.recomputeBackoffs(changed(isChanged, kept).enumerated().compactMap { $1 ? nodes[$0] : nil })
    return result
  }

  /// Extends the contexts that lost n-grams by those that back off to them.
  private func changed(_ isChanged: [Bool], _ kept: [Bool]) -> [Bool] {
    var isChanged = isChanged
    for (node, suffix) in table.suffixes().enumerated() where suffix >= 0 {
      if isChanged[Int(suffix)] || !kept[Int(suffix)] { isChanged[node] = true }
    }
    return zip(isChanged, kept).map { $0 && $1 }
  }

  /// Computes the back-off weights of some nodes from the probabilities, shorter ones first:
  /// α(h) = (1 − Σ p(w | h)) / (1 − Σ p(w | h′)), over the words w with an n-gram hw.
  private mutating func recomputeBackoffs(_ nodes: [Int32]) {
    let suffixes = table.suffixes()
    let children = NGramChildren(table)
    for node in nodes.map(Int.init) {
      var (rest, shorterRest) = (1.0, 1.0)
      for child in children[node].map(Int.init) {
        rest -= exp(Double(logProbabilities[child]))
        shorterRest -= exp(logProbability(of: table.words[child], after: suffixes[node], suffixes: suffixes))
      }
      // Without words that back off, the weight has no effect.
      backoffs[node] = shorterRest > 0 ? Float(log(max(0, rest) / shorterRest)) : 0
    }
  }
}
