import Foundation
import MynahIO
public import MynahText

/// An HTML page that colours each token of a text by the activation of a selectable unit after that token.
///
/// A. Karpathy, J. Johnson, L. Fei-Fei, "Visualizing and understanding recurrent networks", 2015. Colours are scaled
/// by the unit's largest magnitude in the text, which the page shows. The page opens on the unit whose value has the
/// largest variance, and ranks units by it or by their correlation with features of the text: inside brackets, inside
/// quotes, and the position in the line.
public struct ActivationPage: Sendable {
  private let hasWords: Bool
  private let units: [Int: [Int]]
  private var series: [ActivationSeries] = []
  private var text = ""
  private var tokenCount = 0
  private var hasUnknown = false
  private var features = TextFeatures()

  /// Creates an empty page.
  ///
  /// - Parameter units: The selectable units of each layer; all units of a layer without an entry.
  public init(_ tokenizer: AnyTokenizer, units: [Int: [Int]] = [:]) {
    (hasWords, self.units) = (tokenizer.hasWords, units)
  }

  /// Appends a token and the layers' activations after it.
  ///
  /// - Parameter activations: The activations, of the same layers in every call.
  /// - Throws: `AnalysisError.pageTooLong`.
  public mutating func append(_ token: PageToken, _ activations: [LayerActivations]) throws(AnalysisError) {
    if tokenCount == 0 { begin(activations) }
    guard tokenCount < PageLimit.tokenCount, (tokenCount + 1) * series.count <= PageLimit.valueCount else {
      throw .pageTooLong(tokenCount: tokenCount + 1, seriesCount: series.count)
    }
    tokenCount += 1
    features.append(token)
    if token.isUnknown { hasUnknown = true }
    let unknown = token.isUnknown ? #" class="unknown""# : ""
    text += "\(token.followsSpace ? " " : "")<span\(unknown)>\(token.html)</span>"
    let layers = Dictionary(activations.map { ($0.layer, $0.values) }) { first, _ in first }
    for index in series.indices {
      let key = series[index].key
      series[index].append(layers[key.layer]?[key.name]?[key.unit] ?? 0)
    }
  }

  private mutating func begin(_ activations: [LayerActivations]) {
    for layer in activations {
      for unit in units[layer.layer] ?? Array(0..<layer.unitCount) {
        for name in layer.names where layer.values[name]?.indices.contains(unit) ?? false {
          series.append(ActivationSeries(ActivationSeries.Key(layer: layer.layer, unit: unit, name: name)))
        }
      }
    }
  }

  /// A one-line summary of the page's contents.
  public var summary: String { "\(tokenCount) tokens, \(series.count) values of each" }

  /// The data for the page's script.
  private struct Contents: Encodable {
    struct Entry: Encodable {
      let unit, part: String
      let scale: Float
      /// The figures that units are ranked by: "variance", and the correlation with each feature that varies.
      let ranks: [String: Double]
      /// One byte per token, encoded in Base64.
      let values: Data
    }
    let entries: [Entry]
  }

  /// Returns the page as HTML.
  ///
  /// - Parameters:
  ///   - title: The name of the text.
  ///   - model: The name of the model.
  public func html(title: String, model: String) throws -> String {
    let entries = series.map { series in
      Contents.Entry(
        unit: "\(series.key.layer):\(series.key.unit)", part: series.key.name, scale: series.scale,
        ranks: ranks(of: series), values: Data(series.bytes))
    }
    let data = try Page.json(Contents(entries: entries))
    return Page(
      title: "Units: \(title)", style: PackageResources.activations_css, script: PackageResources.activations_js,
      body: PackageResources.activations_html,
      values: [
        "title": VisibleText.escaped(title), "model": VisibleText.escaped(model),
        "class": hasWords ? "text" : "text characters", "text": text, "data": data,
        "unknown": hasUnknown ? Template(PackageResources.unknown_html).text : "",
      ]
    ).html
  }

  /// Returns the figures that a unit is ranked by, rounded for the page.
  private func ranks(of series: ActivationSeries) -> [String: Double] {
    var ranks = ["variance": UnitStatistics.variance(series.values)]
    for (name, values) in features.all { ranks[name] = UnitStatistics.correlation(series.values, values) }
    return ranks.mapValues { ($0 * 10_000).rounded() / 10_000 }
  }
}
