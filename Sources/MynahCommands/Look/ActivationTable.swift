import MynahAnalysis
import MynahIO
import MynahText

/// Prints activations, one line per token.
struct ActivationTable {
  private let vocabulary: Vocabulary
  private let units: [UnitName]
  private var hasHeader = false

  init(_ vocabulary: Vocabulary, units: [UnitName]) { (self.vocabulary, self.units) = (vocabulary, units) }

  /// Prints a JSON object: the named units one by one, or whole layers if no units are named.
  func writeJSON(_ token: PageToken, _ activations: [LayerActivations], line: Int) throws {
    let text = vocabulary[token.id]
    if units.isEmpty {
      let layers = activations.map { Line.Layer(layer: $0.layer, values: $0.values) }
      return try StandardOutput.writeJSON(Line(line: line, token: text, layers: layers, units: nil))
    }
    let found = units.compactMap { name in
      activations.first { $0.layer == name.layer }.map {
        Line.Unit(layer: name.layer, unit: name.unit, values: $0[name.unit])
      }
    }
    try StandardOutput.writeJSON(Line(line: line, token: text, layers: nil, units: found))
  }

  /// Prints a line of a tab-separated table, after a header for the first line.
  mutating func write(_ token: PageToken, _ activations: [LayerActivations]) throws {
    let names = units.isEmpty ? activations.flatMap { Self.units(of: $0) } : units
    var (header, cells) = (["token"], [vocabulary[token.id].visible])
    for name in names {
      guard let layer = activations.first(where: { $0.layer == name.layer }) else { continue }
      let values = layer[name.unit]
      for quantity in layer.names {
        guard let value = values[quantity] else { continue }
        header.append("\(name.layer):\(name.unit).\(quantity)")
        cells.append(Double(value).formatted(4))
      }
    }
    if !hasHeader { try StandardOutput.write(header.joined(separator: "\t") + "\n") }
    hasHeader = true
    try StandardOutput.write(cells.joined(separator: "\t") + "\n")
  }

  private static func units(of layer: LayerActivations) -> [UnitName] {
    (0..<layer.unitCount).map { UnitName(layer: layer.layer, unit: $0) }
  }

  /// The JSON object of a token.
  private struct Line: Encodable {
    struct Layer: Encodable {
      let layer: Int
      let values: [String: [Float]]

      func encode(to encoder: any Encoder) throws { try encodeValues(values, to: encoder, ["layer": layer]) }
    }

    struct Unit: Encodable {
      let layer, unit: Int
      let values: [String: Float]

      func encode(to encoder: any Encoder) throws {
        try encodeValues(values, to: encoder, ["layer": layer, "unit": unit])
      }
    }

    let line: Int
    let token: String
    let layers: [Layer]?
    let units: [Unit]?
  }
}

/// Encodes numbers and quantities as members of one object.
private func encodeValues(
  _ values: [String: some Encodable], to encoder: any Encoder, _ numbers: [String: Int]
) throws {
  var container = encoder.container(keyedBy: MemberName.self)
  for (name, number) in numbers { try container.encode(number, forKey: MemberName(stringValue: name)) }
  for (name, value) in values { try container.encode(value, forKey: MemberName(stringValue: name)) }
}

/// A coding key that is known only at run time.
private struct MemberName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
