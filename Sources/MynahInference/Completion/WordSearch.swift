import Foundation
import MynahText

/// Finds whole words by their first letters, in a vocabulary that is sorted once.
struct WordSearch: CompletionSearch {
  /// The words in the order of their bytes, and their tokens.
  private let words: [[UInt8]]
  private let ids: [Int32]
  private let takesSmallLetters: Bool

  init(_ tokenizer: AnyTokenizer) {
    let vocabulary = tokenizer.vocabulary
    let hidden = Set(vocabulary.textlessIDs + [tokenizer.endOfSentenceID].compactMap(\.self))
    let sorted = (0..<Int32(vocabulary.count)).filter { !hidden.contains($0) }
      .map { (id: $0, bytes: Array(vocabulary[$0].utf8)) }
      .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    (words, ids) = (sorted.map { $0.bytes }, sorted.map { $0.id })
    takesSmallLetters = if case .kerasWord = tokenizer { true } else { false }
  }

  func callAsFunction(
    _ predictor: any Predictor, _ logProbabilities: [Double], separator: [UInt8], prefix: [UInt8], count: Int
  ) -> [Suggestion] {
    let prefix = takesSmallLetters ? Array(String(decoding: prefix, as: UTF8.self).lowercased().utf8) : prefix
    let range = range(prefix)
    let found = range.map { Float(logProbabilities[Int(ids[$0])]) }.largest(count)
    return found.map { place in
      let word = range.lowerBound + place
      return Suggestion(
        text: String(decoding: words[word], as: UTF8.self), probability: exp(logProbabilities[Int(ids[word])]))
    }
  }

  /// The words that begin with some bytes.
  private func range(_ prefix: [UInt8]) -> Range<Int> {
    let first = firstWord { !$0.lexicographicallyPrecedes(prefix) }
    let last = firstWord { !$0.starts(with: prefix) && !$0.lexicographicallyPrecedes(prefix) }
    return first..<max(first, last)
  }

  /// The first word that satisfies a condition which all later words satisfy too.
  private func firstWord(where holds: ([UInt8]) -> Bool) -> Int {
    var (low, high) = (0, words.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(words[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
