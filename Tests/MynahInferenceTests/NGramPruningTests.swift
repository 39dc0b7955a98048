import Foundation
import MynahInference
import MynahText
import TestSupport
import Testing

@Suite("Entropy pruning of n-grams")
struct NGramPruningTests {
  private let tokenizer: AnyTokenizer
  private let ids: [Int32]
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    let path = try #require(Bundle.module.path(forResource: "Fixtures/kenlm-text.txt", ofType: nil))
    let text = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").prefix(25).joined(
      separator: "\n")
    let words = WordTokenizer(training: text, minimumCount: 1)
    (tokenizer, ids) = (.word(words), try words.encode(text).ids)
  }

  private func counted(order: Int) throws -> NGramModel {
    try NGramModel(counting: ids, tokenizer: tokenizer, order: order, fallback: .fallback)
  }

  private func textbook(_ model: NGramModel) throws -> TextbookNGrams {
    try model.write(arpa: folder("model"))
    return try TextbookNGrams(String(contentsOfFile: folder("model"), encoding: .utf8))
  }

  @Test("Pruning keeps exactly the n-grams of the definition, at low and high thresholds", arguments: [2, 3, 4])
  func definition(order: Int) throws {
    try counted(order: order).write(arpa: folder("read"))
    let model = try NGramModel(arpa: folder("read"))
    let textbook = try textbook(model)
    let costs = textbook.costs()
    let sorted = costs.values.sorted()
    for share in 0..<4 {
      // Use the widest gap in a quarter of the costs, so that rounding does not matter; many costs are equal.
      let gaps = max(1, share * sorted.count / 4)..<(share + 1) * sorted.count / 4
      let widest = try #require(gaps.max { sorted[$0] / sorted[$0 - 1] < sorted[$1] / sorted[$1 - 1] })
      try #require(sorted[widest] / sorted[widest - 1] > 1.001)
      let threshold = (sorted[widest] * sorted[widest - 1]).squareRoot()
      let kept = textbook.kept(costs, threshold: threshold)
      let found = try self.textbook(model.pruned(threshold: threshold))
      #expect(Set(found.ngrams.keys) == kept, "\(order) \(share)")
      #expect(kept.count < textbook.ngrams.count)
    }
  }

  @Test("A pruned model's probabilities add up to 1 in every context, and kept n-grams keep their probabilities")
  func normalised() throws {
    for order in 2...5 {
      let model = try counted(order: order)
      for threshold in [1e-6, 1e-5, 1e-4, 1e-3] {
        let pruned = model.pruned(threshold: threshold)
        #expect(pruned.counts.reduce(0, +) <= model.counts.reduce(0, +))
        var predictor = try NGramPredictor(pruned, tokenizer: tokenizer)
        for id in ids {
          #expect(try abs(predictor.logProbabilities().reduce(0) { $0 + exp($1) } - 1) < 1e-5)
          try predictor.read([id])
        }
        let (before, after) = try (textbook(model).ngrams, textbook(pruned).ngrams)
        #expect(after.allSatisfy { before[$0.key]?.probability == $0.value.probability })
      }
    }
  }

  @Test("A threshold of 0 leaves the model unchanged")
  func nothing() throws {
    let model = try counted(order: 3)
    let (before, after) = try (textbook(model).ngrams, textbook(model.pruned(threshold: 0)).ngrams)
    #expect(before == after)
  }

  @Test("An infinite threshold keeps only the unigrams, in a model of order 1")
  func everything() throws {
    let model = try counted(order: 3)
    let pruned = model.pruned(threshold: .infinity)
    #expect(pruned.order == 1 && pruned.counts == [model.counts[0]] && pruned.smoothing == model.smoothing)
    var predictor = try NGramPredictor(pruned, tokenizer: tokenizer)
    #expect(try abs(predictor.logProbabilities().reduce(0) { $0 + exp($1) } - 1) < 1e-5)
    #expect(try counted(order: 1).pruned(threshold: 1).counts == counted(order: 1).counts)
  }

  @Test("A higher threshold keeps a subset, and a model that is written and read back has the same probabilities")
  func nested() throws {
    let model = try counted(order: 4)
    var larger = Set(try textbook(model).ngrams.keys)
    for threshold in [1e-6, 1e-5, 1e-4, 1e-3, 1e-2] {
      let pruned = model.pruned(threshold: threshold)
      let smaller = Set(try textbook(pruned).ngrams.keys)
      #expect(smaller.isSubset(of: larger))
      larger = smaller
      var (own, read) = try (
        NGramPredictor(pruned, tokenizer: tokenizer),
        NGramPredictor(NGramModel(arpa: folder("model")), tokenizer: tokenizer)
      )
      #expect(try largestDifference(own.score(ids), read.score(ids)) < 1e-5)
    }
  }
}

/// A reference implementation of entropy pruning, for an n-gram model in a dictionary.
private struct TextbookNGrams {
  struct Entry: Equatable {
    let probability, backoff: Double
  }

  private(set) var ngrams: [[String]: Entry] = [:]
  private let words: [String]

  init(_ text: String) throws {
    for line in text.split(separator: "\n") where line.contains("\t") {
      let fields = line.split(separator: "\t").map(String.init)
      let entry = Entry(
        probability: pow(10, try #require(Double(fields[0]))),
        backoff: fields.count > 2 ? pow(10, try #require(Double(fields[2]))) : 1)
      ngrams[fields[1].split(separator: " ").map(String.init)] = entry
    }
    words = ngrams.keys.filter { $0.count == 1 }.map { $0[0] }.filter { $0 != "<s>" }
  }

  /// p(word | context).
  private func probability(_ word: String, _ context: ArraySlice<String>) -> Double {
    if let entry = ngrams[context + [word]] { return entry.probability }
    return (ngrams[Array(context)]?.backoff ?? 1) * probability(word, context.dropFirst())
  }

  /// p(context), by the chain rule.
  private func probability(of context: [String]) -> Double {
    context.indices.reduce(1) { result, index in
      let word = index == 0 && context[0] == "<s>" ? "</s>" : context[index]
      return result * probability(word, context[..<index])
    }
  }

  /// The relative increase in perplexity from removing each n-gram on its own.
  func costs() -> [[String]: Double] {
    var result: [[String]: Double] = [:]
    for ngram in ngrams.keys where ngram.count > 1 {
      let (context, removed) = (Array(ngram.dropLast()), ngram[ngram.count - 1])
      let explicit = words.filter { $0 != removed && ngrams[context + [$0]] != nil }
      let rest = 1 - explicit.reduce(0) { $0 + probability($1, context[...]) }
      let shorterRest = 1 - explicit.reduce(0) { $0 + probability($1, context.dropFirst()) }
      let listed = Set(explicit)
      let entropy = words.reduce(0.0) { sum, word in
        guard !listed.contains(word) else { return sum }
        let (old, new) = (probability(word, context[...]), rest / shorterRest * probability(word, context.dropFirst()))
        return sum + old * (log(old) - log(new))
      }
      result[ngram] = exp(probability(of: context) * entropy) - 1
    }
    return result
  }

  /// The unigrams, the n-grams that cost at least the threshold, and their prefixes.
  func kept(_ costs: [[String]: Double], threshold: Double) -> Set<[String]> {
    var kept: Set<[String]> = []
    for ngram in ngrams.keys where ngram.count == 1 || (costs[ngram] ?? 0) >= threshold {
      for length in 1...ngram.count { kept.insert(Array(ngram.prefix(length))) }
    }
    return kept
  }
}
