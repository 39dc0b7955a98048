import Foundation
import MynahText

/// The decision which n-grams of a model are removed.
struct NGramPruning {
  /// A Boolean value for each node indicating whether it stays.
  private(set) var kept: [Bool]

  init(_ model: NGramModel, threshold: Double) {
    let table = model.table
    let (suffixes, children, lengths) = (table.suffixes(), NGramChildren(table), table.lengths())
    let contexts = Self.contextProbabilities(model)
    kept = [Bool](repeating: true, count: table.count)
    // Longer n-grams first, as their beginnings stay.
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
    // `<s>` is never predicted; there are as many as `</s>`.
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
  /// The probabilities of the words without n-grams by h and by h′.
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
    // A weight of 0 backs off to nothing, and what is left is a rounding error.
    let ofRest = rest > 0 && backoff > -.infinity ? rest * (newBackoff - backoff) : 0
    let cost = -probability * (ofWord + ofRest)
    return cost < 0 ? 0 : cost
  }
}
