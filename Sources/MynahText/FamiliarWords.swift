/// Respells sentences in the words of a vocabulary that has no capital letters or punctuation, or parts it from words.
///
/// A word that the vocabulary has stays. Of another, punctuation at its ends is parted from it, and what is left is put in small
/// letters if only that is known; marks that the vocabulary lacks too are left out. Models of such texts as the Penn Treebank
/// can so be asked about ordinary sentences.
public struct FamiliarWords: Sendable, Hashable {
  private let vocabulary: Vocabulary

  /// Respells for a vocabulary.
  public init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// A sentence in the vocabulary's words, with spaces between them.
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

  /// The marks that the vocabulary has.
  private func known(_ marks: some StringProtocol) -> [String] {
    marks.map { String($0) }.filter { vocabulary.id(of: $0) != nil }
  }

  private func spelling(of word: String) -> String {
    let lower = word.lowercased()
    return vocabulary.id(of: word) == nil && vocabulary.id(of: lower) != nil ? lower : word
  }
}
