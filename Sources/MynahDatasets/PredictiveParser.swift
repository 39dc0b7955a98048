/// A predictive parser, which selects the alternative of a phrase from the next word alone.
///
/// If there are no conflicts, the grammar is LL(1), and every LL(1) grammar is unambiguous. Source: Aho, Lam, Sethi,
/// Ullman, "Compilers", 2nd edition, 4.4.3.
package struct PredictiveParser: Sendable {
  /// The number of columns: one per word, then one for the end of the sentence.
  private let columnCount: Int
  /// The parsing table: the alternative of phrase p before word w is at p·columnCount + w, −1 if there is none.
  private var table: [Int]
  /// Phrases and words (the number of words for the end) with more than one possible alternative; empty for an LL(1)
  /// grammar.
  package private(set) var conflicts: [(phrase: Int, word: Int)] = []

  init(_ phrases: [[ProbabilisticGrammar.Alternative]], wordCount: Int) {
    columnCount = wordCount + 1
    table = Array(repeating: -1, count: phrases.count * columnCount)
    let sets = WordSets(phrases, end: wordCount)
    for (phrase, alternatives) in phrases.enumerated() {
      for (index, alternative) in alternatives.enumerated() {
        let (first, isNullable) = sets.first(of: alternative.symbols[...])
        for word in isNullable ? first.union(sets.follow[phrase]) : first {
          if table[phrase * columnCount + word] >= 0 { conflicts.append((phrase, word)) }
          table[phrase * columnCount + word] = index
        }
      }
    }
  }

  /// Returns the index of the alternative of a phrase that applies before a word, or at the end if the word is nil.
  func alternative(of phrase: Int, before word: Int?) -> Int? {
    let word = word ?? columnCount - 1
    guard (0..<columnCount).contains(word) else { return nil }
    let index = table[phrase * columnCount + word]
    return index < 0 ? nil : index
  }
}

/// The FIRST and FOLLOW sets of the phrases.
private struct WordSets {
  private var first: [Set<Int>]
  private var isNullable: [Bool]
  private(set) var follow: [Set<Int>]

  init(_ phrases: [[ProbabilisticGrammar.Alternative]], end: Int) {
    first = Array(repeating: [], count: phrases.count)
    follow = first
    follow[0] = [end]
    isNullable = Array(repeating: false, count: phrases.count)
    repeat {} while growFirst(phrases)
    repeat {} while growFollow(phrases)
  }

  /// Returns the FIRST set of a sequence of symbols, and a Boolean value indicating whether the sequence can be empty.
  func first(of symbols: ArraySlice<ProbabilisticGrammar.Symbol>) -> (words: Set<Int>, isNullable: Bool) {
    var words = Set<Int>()
    for symbol in symbols {
      switch symbol {
      case .word(let word): return (words.union([word]), false)
      case .phrase(let phrase):
        words.formUnion(first[phrase])
        if !isNullable[phrase] { return (words, false) }
      }
    }
    return (words, true)
  }

  private mutating func growFirst(_ phrases: [[ProbabilisticGrammar.Alternative]]) -> Bool {
    var grew = false
    for (phrase, alternatives) in phrases.enumerated() {
      for alternative in alternatives {
        let (words, empty) = first(of: alternative.symbols[...])
        grew = grew || !words.isSubset(of: first[phrase]) || (empty && !isNullable[phrase])
        first[phrase].formUnion(words)
        isNullable[phrase] = isNullable[phrase] || empty
      }
    }
    return grew
  }

  private mutating func growFollow(_ phrases: [[ProbabilisticGrammar.Alternative]]) -> Bool {
    var grew = false
    for (phrase, alternatives) in phrases.enumerated() {
      for symbols in alternatives.map(\.symbols) {
        for (index, symbol) in symbols.enumerated() {
          guard case .phrase(let inner) = symbol else { continue }
          let (words, isLast) = first(of: symbols[(index + 1)...])
          let after = isLast ? words.union(follow[phrase]) : words
          grew = grew || !after.isSubset(of: follow[inner])
          follow[inner].formUnion(after)
        }
      }
    }
    return grew
  }
}
