/// The precision to which the factors of matrix products are rounded before they are multiplied.
///
/// Sums, all other arithmetic and the trained weights are always float32. bfloat16 has the range of float32 with an
/// 8-bit significand: each product of two factors is off by at most 0.4 %, and matrix products are several times as
/// fast on machines that have instructions for them.
///
/// ```swift
/// let product = Precision.$current.withValue(.bfloat16) { a.matmul(b) }  // rounds its factors
/// ```
public enum Precision: String, Codable, CaseIterable, Sendable {
  case float32, bfloat16

  /// The precision of the current task's matrix products.
  ///
  /// If the machine does not support it (see `isSupported`), float32 is used.
  @TaskLocal public static var current: Precision = .float32
}
