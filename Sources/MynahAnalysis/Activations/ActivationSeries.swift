/// The values of one unit over a text.
struct ActivationSeries {
  /// A quantity of a unit of a layer.
  struct Key: Hashable {
    let layer, unit: Int
    let name: String
  }

  let key: Key
  private(set) var values: [Float] = []

  init(_ key: Key) { self.key = key }

  mutating func append(_ value: Float) { values.append(value) }

  /// The largest magnitude, which colours are relative to.
  var scale: Float { values.reduce(0) { max($0, abs($1)) } }

  /// The values as shares of the scale, −127 … 127, a byte each.
  var bytes: [UInt8] {
    let scale = scale
    return values.map { UInt8(bitPattern: Int8(scale > 0 ? ($0 / scale * 127).rounded() : 0)) }
  }
}
