/// What can go wrong when one looks into a model.
public enum AnalysisError: Error, Hashable, Sendable {
  /// A vector or a state has elements that are infinite or not a number.
  case notFinite(what: String)
  /// So many neighbours as a perplexity asks for are not there.
  case perplexityTooLarge(perplexity: Double, pointCount: Int)
  /// The model has fewer layers, or the layer fewer units.
  case noSuchUnit(layer: Int, unit: Int?, layerCount: Int, unitCount: Int?)
  /// The layer has no gates that could be told.
  case noGates(layer: Int, kind: String)
  /// A page of so many tokens would be too much for a browser.
  case pageTooLong(tokenCount: Int, seriesCount: Int)
}

extension AnalysisError: CustomStringConvertible {
  /// A sentence that says what was expected, what was found and what to do.
  public var description: String {
    switch self {
    case .notFinite(let what):
      "expected finite numbers, found \(what) of the model to be none: its weights are damaged or its training diverged; "
        + "copy the file again or train with a lower learning rate"
    case .perplexityTooLarge(let perplexity, let pointCount):
      "a perplexity of \(perplexity) needs more than \(perplexity) neighbours, found \(pointCount) tokens; "
        + "lower it or take more tokens"
    case .noSuchUnit(let layer, _, let layerCount, nil):
      "expected a layer of 0 to \(layerCount - 1), as the model has, found \(layer); mynah inspect lists them"
    case .noSuchUnit(let layer, let unit, _, let unitCount?):
      "expected a unit of 0 to \(unitCount - 1), as layer \(layer) has, found \(unit ?? 0); mynah inspect tells the sizes"
    case .noGates(let layer, let kind):
      "layer \(layer) has no gates to record: it is of the kind '\(kind)'; record its states only"
    case .pageTooLong(let tokenCount, let seriesCount):
      "a page holds at most \(PageLimit.tokenCount) tokens and \(PageLimit.valueCount) values, found \(tokenCount) tokens "
        + "of \(seriesCount) values; cut the text, or choose fewer units"
    }
  }
}

/// How much a browser shows in a page without becoming slow.
enum PageLimit {
  static let tokenCount = 100_000, valueCount = 16_000_000
}
