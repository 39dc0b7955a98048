import Foundation
import MynahText

/// The choice of the n-grams to keep when a model is pruned.
struct NGramPruning {
  /// A Boolean value for each node indicating whether it is kept.
  private(set) var kept: [Bool]

  init(_ model: NGramModel, threshold: Double) {
    let table = model.table
    let (suffixes, children, lengths) = (table.suffixes(), NGramChildren(table), table.lengths())
    let contexts = Self.contextProbabilities(model)
    kept = [Bool](repeating: true, count: table.count)
    // Longer n-grams come first, because the beginnings of kept n-grams are kept.
    for length in stride(from: model.order - 1, to: 0, by: -1) {
      for node in 0..<table.count where lengths[node] == length && !children[node].isEmpty {
        let context = PrunedContext(model, Int32(node), children[node], suffixes, probability: contexts[node])
        for (child, shorter) in zip(children[node], context.shorter) {
          let isNeeded = children[Int(child)].contains { kept[Int($0)] }
          if !isNeeded && expm1(context.cost(Double(model.logProbabilities[Int(child)]), shorter)) < threshold {
            kept[Int(child)] = false
          }
        }
      }
    }
  }

  /// Returns p(h) for each node.
  private static func contextProbabilities(_ model: NGramModel) -> [Double] {
    var result = model.logProbabilities.map { exp(Double($0)) }
    // `<s>` is never predicted, but occurs as often as `</s>`.
    if let start = model.vocabulary.id(of: NGramModel.sentenceStart),
      let end = model.vocabulary.id(of: NGramModel.sentenceEnd)
    {
      result[Int(start)] = result[Int(end)]
    }
    for (node, parent) in model.table.parents.enumerated() where parent >= 0 { result[node] *= result[Int(parent)] }
    return result
  }
}

/// A context whose n-grams may be removed.
private struct PrunedContext {
  /// ln p(w | h′) for each n-gram hw.
  let shorter: [Double]
  private let probability, backoff: Double
  /// The total probabilities, given h and given h′, of the words w without an n-gram hw.
  private var (rest, shorterRest) = (1.0, 1.0)

  init(
    _ model: NGramModel, _ node: Int32, _ children: ArraySlice<Int32>, _ suffixes: [Int32], probability: Double
  ) {
    shorter = children.map { child in
      model.logProbability(of: model.table.words[Int(child)], after: suffixes[Int(node)], suffixes: suffixes)
    }
    (self.probability, backoff) = (probability, Double(model.backoffs[Int(node)]))
    for (child, shorter) in zip(children, shorter) {
      rest -= exp(Double(model.logProbabilities[Int(child)]))
      shorterRest -= exp(shorter)
    }
    (rest, shorterRest) = (max(0, rest), max(0, shorterRest))
  }

  /// Returns D for the n-gram with the given ln p(w | h) and ln p(w | h′).
  func cost(_ logProbability: Double, _ shorter: Double) -> Double {
    let own = exp(logProbability)
    let newBackoff = log(rest + own) - log(shorterRest + exp(shorter))
    let ofWord = own > 0 ? own * (shorter + newBackoff - logProbability) : 0
    // With a back-off weight of 0, no probability is left for these words, and `rest` is a rounding error.
    let ofRest = rest > 0 && backoff > -.infinity ? rest * (newBackoff - backoff) : 0
    let cost = -probability * (ofWord + ofRest)
    return cost < 0 ? 0 : cost
  }
}
