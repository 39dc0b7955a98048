import Foundation
import MynahIO
import MynahText

/// A token or word of a page as one model predicts it.
struct SurprisalReading {
  /// The surprisal in bits; nil if the model does not predict the token.
  var bits: Double?
  /// The name of the token as HTML, for a reader who selects it.
  var name: String
  /// The figures besides the surprisal, as HTML.
  var facts: [String] = []
  /// The tokens that the model considered most probable with their probabilities, as HTML.
  var alternatives: [(text: String, probability: String)] = []
  /// The reason why the token is marked as unknown, as HTML; nil if it is known.
  var unknown: String?

  /// Creates the reading of a token.
  init(_ token: PageToken, _ surprisal: TokenSurprisal?, _ vocabulary: Vocabulary) {
    name = VisibleText.escaped(token.text)
    if token.isUnknown {
      let readAs = VisibleText.escaped(vocabulary[token.id])
      name += " (read as \(readAs))"
      unknown = "Not in the vocabulary: read as \(readAs)"
    }
    guard let surprisal else { return }
    bits = surprisal.bits
    facts = [Self.percent(surprisal.probability), "rank \(surprisal.rank)"]
    alternatives = surprisal.alternatives.map {
      (VisibleText.escaped(vocabulary[$0.id]), Self.percent($0.probability))
    }
  }

  /// Creates the reading of a word.
  init(_ word: TextWord, _ surprisal: WordSurprisal?) {
    name = VisibleText.escaped(word.text)
    if surprisal?.isUnknown == true { unknown = "Not in the vocabulary of this model" }
    guard let surprisal else { return }
    bits = max(0, surprisal.bits)
    let count = surprisal.tokenCount
    facts = [Self.percent(exp(surprisal.logProbability)), count == 1 ? "1 token" : "\(count) tokens"]
  }

  /// The attributes of the token's element, for the page's script.
  var attributes: String {
    var result = unknown.map { #" title="\#($0)""# } ?? ""
    guard let bits else { return result }
    result += #" data-p="\#((["\(name)", "\(bits.formatted(2)) bits"] + facts).joined(separator: "&#10;"))""#
    let others = alternatives.map { "\($0.text)&#9;\($0.probability)" }.joined(separator: "&#10;")
    return others.isEmpty ? result : result + #" data-o="\#(others)""#
  }

  /// Returns a probability as a percentage with about three digits.
  private static func percent(_ probability: Double) -> String {
    probability >= 0.0001 || probability == 0
      ? "\((100 * probability).brief) %" : String(format: "%.1e %%", 100 * probability)
  }
}
