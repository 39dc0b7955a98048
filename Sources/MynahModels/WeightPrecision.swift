/// The precision of weights in a model file and in inference.
///
/// With one stream, each token reads every weight once, so memory and caches limit the speed: half the bytes, twice the
/// speed.
public enum WeightPrecision: String, Codable, CaseIterable, Sendable {
  /// As trained.
  case float32
  /// 8 significant bits. The other factor of a product is rounded in the same way, and products are summed in float32.
  case bfloat16
  /// Each row of a matrix as integers in −127 ... 127 times the row's scale. The other factor of a product is rounded
  /// in the same way, and the integer products are summed exactly, with the same result on every machine.
  case int8
}
