/// The precision to which the factors of matrix products are rounded before they are multiplied.
///
/// Sums, and all arithmetic besides, are float32 either way, and so are the weights that training updates. bfloat16
/// keeps float32's range with 8 bits of significand: a product is off by 0.4 % at most, and several times as fast where
/// the machine has instructions for it.
///
/// ```swift
/// let product = Precision.$current.withValue(.bfloat16) { a.matmul(b) }  // rounds its factors
/// ```
public enum Precision: String, Codable, CaseIterable, Sendable {
  case float32, bfloat16

  /// The precision of the current task's products.
  ///
  /// If the machine does not support it (see `isSupported`), float32 is used.
  @TaskLocal public static var current: Precision = .float32
}
