import Foundation
import MynahText

/// A search for whole words by their first letters, in a vocabulary that is sorted once.
struct WordSearch: CompletionSearch {
  /// The words, the forms by which they are compared and sorted, and their tokens.
  private let words, forms: [[UInt8]]
  private let ids: [Int32]
  private let ignoresCase: Bool

  init(_ tokenizer: AnyTokenizer, ignoresCase: Bool) {
    let vocabulary = tokenizer.vocabulary
    let hidden = Set(vocabulary.textlessIDs + [tokenizer.endOfSentenceID].compactMap(\.self))
    let sorted = (0..<Int32(vocabulary.count)).filter { !hidden.contains($0) }
      .compactMap { id -> (id: Int32, bytes: [UInt8], form: [UInt8])? in
        guard let bytes = Self.bytes(of: id, in: tokenizer) else { return nil }
        return (id: id, bytes: bytes, form: ignoresCase ? bytes.lowercased : bytes)
      }
      .sorted { $0.form.lexicographicallyPrecedes($1.form) }
    (words, forms, ids) = (sorted.map { $0.bytes }, sorted.map { $0.form }, sorted.map { $0.id })
    // Keras's words are lowercase.
    self.ignoresCase = if case .kerasWord = tokenizer { true } else { ignoresCase }
  }

  /// Returns the word of a token; nil if the token does not begin a word.
  private static func bytes(of id: Int32, in tokenizer: AnyTokenizer) -> [UInt8]? {
    guard case .wordsAndPunctuation(let tokenizer) = tokenizer else { return Array(tokenizer.vocabulary[id].utf8) }
    return tokenizer.word(id).map { Array($0.utf8) }
  }

  func callAsFunction(
    _ predictor: any Predictor, _ logProbabilities: [Double], separator: [UInt8], prefix: [UInt8], count: Int
  ) -> [Suggestion] {
    let range = range(ignoresCase ? prefix.lowercased : prefix)
    let found = range.map { Float(logProbabilities[Int(ids[$0])]) }.largest(count)
    return found.map { place in
      let word = range.lowerBound + place
      return Suggestion(
        text: String(decoding: words[word], as: UTF8.self), probability: exp(logProbabilities[Int(ids[word])]))
    }
  }

  /// Returns the range of words that begin with the given bytes.
  private func range(_ prefix: [UInt8]) -> Range<Int> {
    let first = firstWord { !$0.lexicographicallyPrecedes(prefix) }
    let last = firstWord { !$0.starts(with: prefix) && !$0.lexicographicallyPrecedes(prefix) }
    return first..<max(first, last)
  }

  /// Returns the index of the first word that satisfies a condition, which all later words must satisfy, too.
  private func firstWord(where holds: ([UInt8]) -> Bool) -> Int {
    var (low, high) = (0, forms.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(forms[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
