/// The precision of weights that are only read: in a model file and in inference.
///
/// A token of one stream reads every weight once, so its speed is that of memory and caches: half the bytes, twice the
/// speed.
public enum WeightPrecision: String, Codable, CaseIterable, Sendable {
  /// As trained.
  case float32
  /// Numbers of 8 significant bits. The other factor is rounded in the same way, and products are summed in float32.
  case bfloat16
  /// Each row of a matrix as integers of −127 ... 127 times a scale of its own. The other factor is rounded in the
  /// same way, and products are exact sums of integers: the same on every machine.
  case int8
}
