import MynahTensors

/// A line of a model's summary table.
public struct LayerSummary: Hashable, Codable, Sendable {
  /// The layer's name and kind: "recurrent.0 (LSTM)".
  public let layer: String
  /// The shape of its output as text: "[T, B, 256]".
  public let outputShape: String
  /// The number of its trainable parameters.
  public let parameters: Int
}

extension ModelArchitecture {
  /// The layers with their output shapes and parameters, the embedding first.
  public var layerSummaries: [LayerSummary] {
    func count(_ specs: [ParameterSpec]) -> Int { specs.reduce(0) { $0 + $1.shape.elementCount } }
    let first = LayerSummary(
      layer: "embedding (Embedding)", outputShape: "[T, B, \(configuration.embeddingSize)]",
      parameters: count([embeddingSpec]))
    let recurrent = zip(layers, layerSpecs).enumerated().map { index, entry in
      LayerSummary(
        layer: "recurrent.\(index) (\(entry.0.kind.title))",
        outputShape: "[T, B, \(entry.0.kind.outputSize(entry.0.shape))]", parameters: count(entry.1))
    }
    let last = LayerSummary(
      layer: "output (\(output.kind.title)\(output.shape.isTied ? ", tied" : ""))",
      outputShape: "[T, B, \(configuration.vocabularySize)]", parameters: count(outputSpecs))
    return [first] + recurrent + [last]
  }

  /// The table of layers, output shapes and parameters with the total, as text.
  public var summary: String {
    let rows =
      [("Layer", "Output shape", "Parameters")]
      + layerSummaries.map { ($0.layer, $0.outputShape, $0.parameters.grouped) }
      + [("Total (all trainable)", "", parameterCount.grouped)]
    let widths = (
      rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0, rows.map(\.2.count).max() ?? 0
    )
    let lines = rows.map { row in
      let left = row.0.padded(to: widths.0) + "  " + row.1.padded(to: widths.1)
      return left + "  " + String(repeating: " ", count: widths.2 - row.2.count) + row.2
    }
    let rule = String(repeating: "─", count: lines[0].count)
    return ([lines[0], rule] + lines[1..<lines.count - 1] + [rule, lines[lines.count - 1]]).joined(separator: "\n")
  }
}

extension LanguageModel {
  /// The layers with their output shapes and parameters, the embedding first.
  public var layers: [LayerSummary] { architecture.layerSummaries }

  /// The table of layers, output shapes and parameters with the total, as text.
  public var summary: String { architecture.summary }
}

extension Int {
  /// The number with its digits in groups of three: 3,955,088.
  package var grouped: String {
    let digits = String(magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return (self < 0 ? "-" : "") + result
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
