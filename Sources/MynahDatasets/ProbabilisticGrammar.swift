import Foundation
package import MynahTensors

/// A probabilistic context-free grammar without recursion whose sentences have one derivation each.
///
/// Rules are written one a line, `Phrase: 3 Noun Verb | 1 he Verb | 2`, alternatives with their weights before them (the
/// third one is empty). Symbols that begin with a capital letter are phrases, all others words. The first rule's phrase
/// is the sentence.
package struct ProbabilisticGrammar: Sendable {
  package enum Symbol: Sendable, Hashable {
    /// A word by its number in the vocabulary.
    case word(Int)
    /// A phrase by its number in the order of the rules.
    case phrase(Int)
  }

  package struct Alternative: Sendable {
    /// The share of this alternative among those of its phrase.
    package let probability: Double
    package let symbols: [Symbol]
  }

  /// The words in the order of their first use.
  package let words: [String]
  package let phraseNames: [String]
  /// The alternatives of each phrase.
  package let phrases: [[Alternative]]
  /// Tells which alternative a sentence takes; what it cannot tell stands in its `conflicts`.
  package let parser: PredictiveParser

  /// Reads rules.
  ///
  /// - Precondition: Every line is well formed, every phrase has one rule, and no phrase contains itself.
  package init(_ rules: String) {
    let lines = rules.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 1) }
    precondition(lines.allSatisfy { $0.count == 2 }, "a rule is a phrase, a colon and its alternatives")
    let names = lines.map { $0[0].trimmed }
    let numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
    precondition(numbers.count == names.count, "every phrase has one rule")
    var wordNumbers: [String: Int] = [:]
    var words: [String] = []
    func symbol(_ name: Substring) -> Symbol {
      if let number = numbers[String(name)] { return .phrase(number) }
      precondition(name.first?.isUppercase == false, "the phrase \(name) has no rule")
      if let number = wordNumbers[String(name)] { return .word(number) }
      wordNumbers[String(name)] = words.count
      words.append(String(name))
      return .word(words.count - 1)
    }
    phrases = lines.map { line in
      let alternatives = line[1].split(separator: "|").map { $0.split(separator: " ") }
      let weights = alternatives.map { $0.first.flatMap { Double($0) } ?? 0 }
      precondition(weights.allSatisfy { $0 > 0 }, "an alternative of \(line[0]) lacks its weight")
      let total = weights.reduce(0, +)
      return zip(weights, alternatives).map { weight, parts in
        Alternative(probability: weight / total, symbols: parts.dropFirst().map(symbol))
      }
    }
    self.words = words
    phraseNames = names
    precondition(Self.isFinite(phrases), "no phrase may contain itself")
    parser = PredictiveParser(phrases, wordCount: words.count)
  }

  /// Whether phrases can be put in an order in which each contains only earlier ones.
  private static func isFinite(_ phrases: [[Alternative]]) -> Bool {
    var finished = Set<Int>()
    while true {
      let next = phrases.indices.filter { phrase in
        !finished.contains(phrase)
          && phrases[phrase].allSatisfy { alternative in
            alternative.symbols.allSatisfy {
              if case .phrase(let inner) = $0 { finished.contains(inner) } else { true }
            }
          }
      }
      if next.isEmpty { return finished.count == phrases.count }
      finished.formUnion(next)
    }
  }
}

extension Substring {
  fileprivate var trimmed: String { String(split(separator: " ").joined(separator: " ")) }
}

// MARK: Sampling and probability

extension ProbabilisticGrammar {
  /// A sentence drawn from the grammar, and the logarithm of its derivation's probability.
  package func sample(using random: inout RandomSource) -> (sentence: [Int32], logProbability: Double) {
    var sentence: [Int32] = []
    var logProbability = 0.0
    var open = [Symbol.phrase(0)]
    while let symbol = open.popLast() {
      switch symbol {
      case .word(let word): sentence.append(Int32(word))
      case .phrase(let phrase):
        let chosen = phrases[phrase][random.index(weights: phrases[phrase].map(\.probability))]
        logProbability += log(chosen.probability)
        open.append(contentsOf: chosen.symbols.reversed())
      }
    }
    return (sentence, logProbability)
  }

  /// The logarithm of a sentence's probability, nil when the grammar does not accept it.
  package func logProbability(of sentence: some Sequence<Int32>) -> Double? {
    var logProbability = 0.0
    var open = [Symbol.phrase(0)]
    /// Replaces the phrases in front by what they are before a word or the end; false when they cannot stand there.
    func unfold(before word: Int?) -> Bool {
      while case .phrase(let phrase)? = open.last {
        guard let index = parser.alternative(of: phrase, before: word) else { return false }
        logProbability += log(phrases[phrase][index].probability)
        open.removeLast()
        open.append(contentsOf: phrases[phrase][index].symbols.reversed())
      }
      return true
    }
    for word in sentence.lazy.map(Int.init) {
      guard words.indices.contains(word), unfold(before: word), open.popLast() == .word(word) else { return nil }
    }
    return unfold(before: nil) && open.isEmpty ? logProbability : nil
  }
}

// MARK: Entropy

extension ProbabilisticGrammar {
  /// The expected number of words of a sentence and the entropy of a derivation in nats, which is a sentence's own.
  ///
  /// Over a phrase's alternatives i: L = Σ pᵢ Σ L(symbols of i) and H = Σ pᵢ (−ln pᵢ + Σ H(symbols of i)), where a word has
  /// L = 1 and H = 0. Source: Grenander, "Syntax-controlled probabilities", 1967.
  package func expectation() -> (length: Double, entropy: Double) {
    var known: [Int: (length: Double, entropy: Double)] = [:]
    func expectation(of phrase: Int) -> (length: Double, entropy: Double) {
      if let result = known[phrase] { return result }
      var (length, entropy) = (0.0, 0.0)
      for alternative in phrases[phrase] {
        entropy -= alternative.probability * log(alternative.probability)
        for symbol in alternative.symbols {
          let inner =
            if case .phrase(let number) = symbol { expectation(of: number) } else { (length: 1.0, entropy: 0.0) }
          length += alternative.probability * inner.length
          entropy += alternative.probability * inner.entropy
        }
      }
      known[phrase] = (length, entropy)
      return (length, entropy)
    }
    return expectation(of: 0)
  }
}
