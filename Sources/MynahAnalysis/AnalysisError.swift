import MynahIO

/// An error in the analysis of a model.
public enum AnalysisError: Error, Hashable, Sendable {
  /// A vector or a state has elements that are infinite or NaN.
  case notFinite(what: String)
  /// The perplexity requires more neighbours than there are points.
  case perplexityTooLarge(perplexity: Double, pointCount: Int)
  /// The layer or unit index is out of range.
  case noSuchUnit(layer: Int, unit: Int?, layerCount: Int, unitCount: Int?)
  /// The layer has no gates to record.
  case noGates(layer: Int, kind: String)
  /// The page has too many tokens or values for a browser.
  case pageTooLong(tokenCount: Int, seriesCount: Int)
  /// The tokens of a line do not spell its words, so they cannot be assigned to them.
  case wordsNotFound(line: Int, token: String)
}

extension AnalysisError: CustomStringConvertible {
  /// A message with what was expected, what was found and what to do.
  public var description: String {
    switch self {
    case .notFinite(let what):
      "\(what) of the model are not finite numbers: its weights are damaged or its training "
        + "diverged; copy the file again or train with a lower learning rate"
    case .perplexityTooLarge(let perplexity, let pointCount):
      "a perplexity of \(perplexity) needs more than \(perplexity) neighbours, found \(pointCount) tokens; "
        + "lower it or take more tokens"
    case .noSuchUnit(let layer, _, let layerCount, nil):
      "expected a layer from 0 to \(layerCount - 1), found \(layer); choose a layer of the model"
    case .noSuchUnit(let layer, let unit, _, let unitCount?):
      "expected a unit from 0 to \(unitCount - 1), found \(unit ?? 0); choose a unit of layer \(layer)"
    case .noGates(let layer, let kind):
      "layer \(layer) has no gates to record: it is of the kind '\(kind)'; record its states only"
    case .pageTooLong(let tokenCount, let seriesCount):
      "a page holds at most \(PageLimit.tokenCount) tokens and \(PageLimit.valueCount) values, found \(tokenCount) "
        + "tokens of \(seriesCount) values; cut the text, or choose fewer units"
    case .wordsNotFound(let line, let token):
      "line \(line): the tokenizer changes the text, so the token \(token.quoted()) cannot be assigned to a word of "
        + "it; use a model whose tokens spell the text as it is"
    }
  }
}

/// The largest page that a browser shows without becoming slow.
enum PageLimit {
  static let tokenCount = 100_000, valueCount = 16_000_000
}
