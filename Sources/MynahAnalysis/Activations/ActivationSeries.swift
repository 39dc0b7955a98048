/// The values of one unit over a text.
struct ActivationSeries {
  /// One quantity (state or gate) of a unit of a layer.
  struct Key: Hashable {
    let layer, unit: Int
    let name: String
  }

  let key: Key
  private(set) var values: [Float] = []

  init(_ key: Key) { self.key = key }

  mutating func append(_ value: Float) { values.append(value) }

  /// The largest magnitude, by which colours are scaled.
  var scale: Float { values.reduce(0) { max($0, abs($1)) } }

  /// The values quantised relative to `scale`, −127 … 127, one byte each.
  var bytes: [UInt8] {
    let scale = scale
    return values.map { UInt8(bitPattern: Int8(scale > 0 ? ($0 / scale * 127).rounded() : 0)) }
  }
}
