import Foundation
import MynahIO
public import MynahTensors
public import MynahText

/// A small language of silly English sentences whose entropy is known exactly.
///
/// A hand-written probabilistic grammar generates the sentences. Each has a single derivation, so the probability of
/// any text, and the lowest perplexity that a model can reach, can be computed. Much of a sentence depends on words far
/// beyond the context of an n-gram: a verb on the number of its subject before a relative clause, “herself” or
/// “himself” on a name, a closing quotation mark on an opening one, a question mark on a question's first word, a name
/// on an earlier one.
public struct DemoLanguage: Sendable {
  /// The vocabulary, including `<eos>`, which ends every sentence.
  public let vocabulary: Vocabulary
  /// The expected number of tokens in a sentence, including `<eos>`.
  public let expectedSentenceLength: Double
  /// The entropy of a sentence in nats.
  public let entropyPerSentence: Double
  /// The grammar; its words have the IDs of the vocabulary.
  package let grammar: ProbabilisticGrammar

  /// Creates the language.
  public init() {
    grammar = ProbabilisticGrammar(Self.rules)
    guard let vocabulary = try? Vocabulary(tokens: grammar.words) else {
      requirementFailure("a grammar names each of its words once")
    }
    self.vocabulary = vocabulary
    (expectedSentenceLength, entropyPerSentence) = grammar.expectation()
  }

  /// A tokenizer with the language's vocabulary.
  public var tokenizer: WordTokenizer { WordTokenizer(vocabulary: vocabulary) }

  /// The entropy of the language's text in nats per token: a sentence's entropy divided by its expected length.
  public var entropyPerToken: Double { entropyPerSentence / expectedSentenceLength }

  /// The lowest perplexity that a model can reach on the language in the long run: exp(entropy per token).
  public var truePerplexity: Double { exp(entropyPerToken) }

  /// Samples a sentence; its last token is `<eos>`.
  public func sample(using random: inout RandomSource) -> [Int32] { grammar.sample(using: &random).sentence }

  /// Samples a text of the fewest whole sentences that have at least `tokenCount` tokens.
  public func sample(tokenCount: Int, using random: inout RandomSource) -> [Int32] {
    var text: [Int32] = []
    text.reserveCapacity(tokenCount + 40)
    while text.count < tokenCount { text += sample(using: &random) }
    return text
  }

  /// Returns the exact log-probability of a sentence, including `<eos>`; nil if the grammar does not accept it.
  public func logProbability(of sentence: some Sequence<Int32>) -> Double? { grammar.logProbability(of: sentence) }

  /// Returns the perplexity of a text of whole sentences under the language itself; nil if the text is empty or the
  /// grammar does not accept every sentence.
  ///
  /// On a sample, it differs from `truePerplexity` by sampling error, which affects every model.
  public func perplexity(of text: [Int32]) -> Double? {
    var nats = 0.0
    for sentence in sentences(of: text) {
      guard let logProbability = logProbability(of: sentence) else { return nil }
      nats -= logProbability
    }
    return text.isEmpty ? nil : exp(nats / Double(text.count))
  }

  /// Returns the fraction of a text's sentences that the grammar accepts, ignoring an incomplete last one; 0 if there
  /// are none.
  public func acceptedShare(of text: [Int32]) -> Double {
    let finished = sentences(of: text).filter { $0.last == vocabulary.endOfSentenceID }
    let accepted = finished.count { logProbability(of: $0) != nil }
    return finished.isEmpty ? 0 : Double(accepted) / Double(finished.count)
  }

  /// Returns the sentences of a text, each with its `<eos>`.
  private func sentences(of text: [Int32]) -> [ArraySlice<Int32>] {
    var sentences: [ArraySlice<Int32>] = []
    var start = 0
    for (index, id) in text.enumerated() where id == vocabulary.endOfSentenceID {
      sentences.append(text[start...index])
      start = index + 1
    }
    if start < text.count { sentences.append(text[start...]) }
    return sentences
  }
}
