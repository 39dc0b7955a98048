import Foundation

/// The surprisal of a word of a text: the sum over its tokens, corrected for the blanks that tokens contain.
///
/// If tokens contain the blanks, as byte pairs do (" cat" is one token), the product of the probabilities of a word's
/// tokens is not the probability of the word: it includes the blank before the word and not the one after it, so "cat"
/// shares it with "cats". The probability of the word w after the text c is
///
///     p(w | c) = Π p(tokens of w) · P(a boundary follows c w) / P(a boundary follows c)
///
/// where P(a boundary follows) is the sum of the probabilities of all tokens that start a new word: those that begin
/// with white space, and line ends. It is 1 if the text already ends with white space or has not begun. Over all
/// possible next words and line ends, these probabilities sum to 1. Over a whole text, all factors except the first and
/// the last cancel, so that the sum over words and line ends equals the sum over tokens.
///
/// T. Pimentel, C. Meister, "How to compute the probability of a word", 2024; B. Oh, W. Schuler, "Leading whitespaces
/// of language models' subword vocabulary pose a confound for calculating word probabilities", 2024.
///
/// Tokens that are words need no correction. With tokens of characters and bytes, a word contains the blank after it,
/// which has the same effect.
public struct WordSurprisal: Hashable, Sendable {
  /// The word; nil for the end of a line, which models predict like a word.
  public let word: TextWord?
  /// The number of the line.
  public let line: Int
  /// The tokens of the word, including separate tokens for the white space before it.
  public internal(set) var ids: [Int32]
  /// ln p(word | preceding text), in nats.
  public internal(set) var logProbability: Double
  /// The sum of ln p(token | preceding tokens) over the tokens, without the correction, in nats.
  public internal(set) var tokenLogProbability: Double
  /// A Boolean value indicating whether the tokens of the word include the token for unknown words.
  public internal(set) var isUnknown: Bool

  /// The number of tokens.
  public var tokenCount: Int { ids.count }
  /// −log₂ p(word | preceding text), in bits.
  public var bits: Double { -logProbability / log(2) }
}
