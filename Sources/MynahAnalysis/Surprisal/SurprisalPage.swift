import Foundation
import MynahIO
public import MynahText

/// An HTML page that colours each token of a text by its surprisal and lists the tokens that the model expected.
///
/// S. Gehrmann, H. Strobelt, A. M. Rush, "GLTR: statistical detection and visualization of generated text", 2019,
/// visualise ranks in this way.
public struct SurprisalPage: Sendable {
  private let vocabulary: Vocabulary
  private let hasWords: Bool
  /// The surprisal in bits at which the colour saturates: log₂ V, that of a uniform distribution over the vocabulary.
  private let fullBits: Double
  private var text = ""
  private var tokenCount = 0, unknownCount = 0, predictedCount = 0
  private var bits = 0.0

  /// Creates an empty page.
  public init(_ tokenizer: AnyTokenizer) {
    (vocabulary, hasWords) = (tokenizer.vocabulary, tokenizer.hasWords)
    fullBits = max(1, log2(Double(max(vocabulary.count, 1))))
  }

  /// Appends a token.
  ///
  /// - Parameter surprisal: The surprisal of the token; nil for a token that was not predicted.
  /// - Throws: `AnalysisError.pageTooLong`.
  public mutating func append(_ token: PageToken, _ surprisal: TokenSurprisal?) throws(AnalysisError) {
    guard tokenCount < PageLimit.tokenCount else { throw .pageTooLong(tokenCount: tokenCount + 1, seriesCount: 1) }
    tokenCount += 1
    if token.isUnknown { unknownCount += 1 }
    if token.followsSpace { text += " " }
    guard let surprisal else {
      text += "<span>\(token.html)</span>"
      return
    }
    (bits, predictedCount) = (bits + surprisal.bits, predictedCount + 1)
    let strength = min(1, surprisal.bits / fullBits)
    text += #"<span style="--a:\#(strength.formatted(2))" data-p="\#(facts(token, surprisal))" "#
    text += #"data-o="\#(others(surprisal))">"#
    text += token.html + "</span>"
  }

  private func facts(_ token: PageToken, _ surprisal: TokenSurprisal) -> String {
    let name =
      token.isUnknown
      ? "\(VisibleText.escaped(token.text)) (read as \(VisibleText.escaped(vocabulary[token.id])))"
      : VisibleText.escaped(token.text)
    return
      "\(name)&#10;\(surprisal.bits.formatted(2)) bits&#10;\(Self.percent(surprisal.probability))&#10;\(surprisal.rank)"
  }

  private func others(_ surprisal: TokenSurprisal) -> String {
    surprisal.alternatives.map {
      "\(VisibleText.escaped(vocabulary[$0.id]))&#9;\(Self.percent($0.probability))"
    }.joined(separator: "&#10;")
  }

  /// Returns a probability as a percentage with about three digits.
  private static func percent(_ probability: Double) -> String {
    probability >= 0.0001 || probability == 0
      ? "\((100 * probability).brief) %" : String(format: "%.1e %%", 100 * probability)
  }

  /// A one-line summary of all tokens.
  public var summary: String {
    guard predictedCount > 0 else { return "No token was predicted." }
    let mean = bits / Double(predictedCount)
    let unknown = unknownCount == 0 ? "" : " · \(unknownCount) unknown"
    return
      "\(predictedCount) tokens · \(mean.formatted(2)) bits per token · perplexity \(exp2(mean).formatted(2))\(unknown)"
  }

  /// Returns the page as HTML.
  ///
  /// - Parameters:
  ///   - title: The name of the text.
  ///   - model: The name of the model.
  public func html(title: String, model: String) -> String {
    Page(
      title: "Surprisal: \(title)", style: PackageResources.surprisal_css, script: PackageResources.surprisal_js,
      body: PackageResources.surprisal_html,
      values: [
        "title": VisibleText.escaped(title), "model": VisibleText.escaped(model), "summary": summary,
        "fullBits": fullBits.formatted(1), "class": hasWords ? "text" : "text characters", "text": text,
      ]
    ).html
  }
}
