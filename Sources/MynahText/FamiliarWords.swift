/// A normalizer of sentences for a vocabulary that may lack capitalised words or punctuation, or that keeps punctuation
/// apart from words.
///
/// A word that is in the vocabulary is kept. For any other word, leading and trailing punctuation is split off, and the
/// rest is lowercased if only the lowercase form is in the vocabulary. Punctuation marks that are not in the vocabulary
/// are dropped. This makes it possible to evaluate models of texts such as the Penn Treebank on ordinary sentences.
public struct FamiliarWords: Sendable, Hashable {
  private let vocabulary: Vocabulary

  /// Creates a normalizer for a vocabulary.
  public init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// Returns a sentence in the words of the vocabulary, separated by spaces.
  public func callAsFunction(_ sentence: String) -> String {
    sentence.split(whereSeparator: \.isWhitespace).flatMap { pieces(of: String($0)) }.joined(separator: " ")
  }

  private func pieces(of word: String) -> [String] {
    if vocabulary.id(of: word) != nil { return [word] }
    let isMark = { (character: Character) in character.isPunctuation || character.isSymbol }
    let leading = word.prefix(while: isMark)
    let rest = word.dropFirst(leading.count)
    let trailing = String(rest.reversed().prefix(while: isMark).reversed())
    let core = String(rest.dropLast(trailing.count))
    return known(leading) + (core.isEmpty ? [] : [spelling(of: core)]) + known(trailing)
  }

  /// Returns the punctuation marks that are in the vocabulary.
  private func known(_ marks: some StringProtocol) -> [String] {
    marks.map { String($0) }.filter { vocabulary.id(of: $0) != nil }
  }

  private func spelling(of word: String) -> String {
    let lower = word.lowercased()
    return vocabulary.id(of: word) == nil && vocabulary.id(of: lower) != nil ? lower : word
  }
}
