/// A line of a model's summary table.
public struct LayerSummary: Hashable, Codable, Sendable {
  /// The layer's name and kind: "recurrent.0 (LSTM)".
  public let layer: String
  /// The shape of its output in words: "[T, B, 256]".
  public let outputShape: String
  /// The number of its trained numbers.
  public let parameters: Int
}

extension LanguageModel {
  /// What each layer puts out and holds, first layer first.
  public var layers: [LayerSummary] {
    let rows = [
      LayerSummary(
        layer: "embedding (Embedding)", outputShape: "[T, B, \(configuration.embeddingSize)]",
        parameters: embedding.parameterCount)
    ]
    let recurrentRows = zip(configuration.recurrent, recurrent).enumerated().map { index, entry in
      LayerSummary(
        layer: "recurrent.\(index) (\(entry.0.name))", outputShape: "[T, B, \(entry.1.outputSize)]",
        parameters: entry.1.parameterCount)
    }
    let last = LayerSummary(
      layer: configuration.isTied ? "output (Linear, tied)" : "output (Linear)",
      outputShape: "[T, B, \(configuration.vocabularySize)]",
      parameters: configuration.isTied ? configuration.vocabularySize : output.parameterCount)
    return rows + recurrentRows + [last]
  }

  /// The table of layers, output shapes and parameters with the total, as text.
  public var summary: String {
    let rows =
      [("Layer", "Output shape", "Parameters")]
      + layers.map { ($0.layer, $0.outputShape, $0.parameters.grouped) }
      + [("Total (all trained)", "", parameterCount.grouped)]
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

extension Int {
  /// Digits in groups of three: 3,955,088.
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
