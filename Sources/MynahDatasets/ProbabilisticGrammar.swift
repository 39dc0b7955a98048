import Foundation
import MynahIO
package import MynahTensors

/// A probabilistic context-free grammar without recursion in which each sentence has a single derivation.
///
/// Rules are written one per line, `Phrase: 3 Noun Verb | 1 he Verb | 2`, with each alternative preceded by its weight
/// (the third one is empty). Symbols that begin with a capital letter are phrases, all others are words. The phrase of
/// the first rule is the start symbol.
package struct ProbabilisticGrammar: Sendable {
  package enum Symbol: Sendable, Hashable {
    /// A word, by its ID in the vocabulary.
    case word(Int)
    /// A phrase, by its index in the order of the rules.
    case phrase(Int)
  }

  package struct Alternative: Sendable {
    /// The probability of this alternative given its phrase.
    package let probability: Double
    package let symbols: [Symbol]
  }

  /// The words in order of first use.
  package let words: [String]
  package let phraseNames: [String]
  /// The alternatives of each phrase.
  package let phrases: [[Alternative]]
  /// The parser that selects the alternatives of a sentence; its `conflicts` are the cases in which it cannot.
  package let parser: PredictiveParser

  /// Parses rules.
  ///
  /// - Precondition: Every line is well formed, every phrase has one rule, and no phrase contains itself.
  package init(_ rules: String) {
    let lines = rules.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 1) }
    require(lines.allSatisfy { $0.count == 2 }, "a rule is a phrase, a colon and its alternatives")
    let names = lines.map { $0[0].trimmed }
    let numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
    require(numbers.count == names.count, "every phrase has one rule")
    var wordNumbers: [String: Int] = [:]
    var words: [String] = []
    func symbol(_ name: Substring) -> Symbol {
      if let number = numbers[String(name)] { return .phrase(number) }
      require(name.first?.isUppercase == false, "the phrase \(name) has no rule")
      if let number = wordNumbers[String(name)] { return .word(number) }
      wordNumbers[String(name)] = words.count
      words.append(String(name))
      return .word(words.count - 1)
    }
    phrases = lines.map { line in
      let alternatives = line[1].split(separator: "|").map { $0.split(separator: " ") }
      let weights = alternatives.map { $0.first.flatMap { Double($0) } ?? 0 }
      require(weights.allSatisfy { $0 > 0 }, "an alternative of \(line[0]) lacks its weight")
      let total = weights.reduce(0, +)
      return zip(weights, alternatives).map { weight, parts in
        Alternative(probability: weight / total, symbols: parts.dropFirst().map(symbol))
      }
    }
    self.words = words
    phraseNames = names
    require(Self.isFinite(phrases), "no phrase may contain itself")
    parser = PredictiveParser(phrases, wordCount: words.count)
  }

  /// Returns a Boolean value indicating whether the phrases can be ordered so that each contains only earlier ones.
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
  /// Samples a sentence and returns it with the log-probability of its derivation.
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

  /// Returns the log-probability of a sentence; nil if the grammar does not accept it.
  package func logProbability(of sentence: some Sequence<Int32>) -> Double? {
    var logProbability = 0.0
    var open = [Symbol.phrase(0)]
    /// Expands leading phrases given the next word, or the end if it is nil; returns false if no alternative applies.
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
  /// Returns the expected number of words in a sentence and the entropy of a derivation in nats, which is also the
  /// entropy of a sentence.
  ///
  /// Over a phrase's alternatives i: L = Σ pᵢ Σ L(symbols of i) and H = Σ pᵢ (−ln pᵢ + Σ H(symbols of i)), where a word
  /// has L = 1 and H = 0. Source: Grenander, "Syntax-controlled probabilities", 1967.
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
