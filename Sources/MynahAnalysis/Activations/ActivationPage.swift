import Foundation
import MynahIO
public import MynahText

/// A page that colours each token of a text by the value of one unit after it, with a choice of units.
///
/// A. Karpathy, J. Johnson, L. Fei-Fei, "Visualizing and understanding recurrent networks", 2015. Colours are relative to the unit's
/// largest magnitude in the text, which the page says.
public struct ActivationPage: Sendable {
  private let hasWords: Bool
  private let units: [Int: [Int]]
  private var series: [ActivationSeries] = []
  private var text = ""
  private var tokenCount = 0

  /// Begins an empty page.
  ///
  /// - Parameter units: The units to choose from, by layer; of a layer that is missing all.
  public init(_ tokenizer: AnyTokenizer, units: [Int: [Int]] = [:]) {
    (hasWords, self.units) = (tokenizer.hasWords, units)
  }

  /// Adds a token and what the layers' units say after it.
  ///
  /// - Parameter activations: Of the same layers each time.
  /// - Throws: `AnalysisError.pageTooLong`.
  public mutating func append(_ token: PageToken, _ activations: [LayerActivations]) throws(AnalysisError) {
    if tokenCount == 0 { begin(activations) }
    guard tokenCount < PageLimit.tokenCount, (tokenCount + 1) * series.count <= PageLimit.valueCount else {
      throw .pageTooLong(tokenCount: tokenCount + 1, seriesCount: series.count)
    }
    tokenCount += 1
    text += token.followsSpace ? " <span>\(token.html)</span>" : "<span>\(token.html)</span>"
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

  /// One line about what the page holds.
  public var summary: String { "\(tokenCount) tokens, \(series.count) values of each" }

  /// What the page's script reads: names that are made here and numbers, so that nothing of the text's can end it.
  private struct Contents: Encodable {
    struct Entry: Encodable {
      let unit, part: String
      let scale: Float
      /// A byte a token, base 64.
      let values: Data
    }
    let entries: [Entry]
  }

  /// The page.
  ///
  /// - Parameters:
  ///   - title: What was read.
  ///   - model: What it was read by.
  public func html(title: String, model: String) throws -> String {
    let entries = series.map { series in
      Contents.Entry(
        unit: "\(series.key.layer):\(series.key.unit)", part: series.key.name, scale: series.scale,
        values: Data(series.bytes))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = String(decoding: try encoder.encode(Contents(entries: entries)), as: UTF8.self)
    return Page(
      title: "Units: \(title)", style: PackageResources.activations_css, script: PackageResources.activations_js,
      body: PackageResources.activations_html,
      values: [
        "title": VisibleText.escaped(title), "model": VisibleText.escaped(model),
        "class": hasWords ? "text" : "text characters", "text": text, "data": data,
      ]
    ).html
  }
}
