/// The amount of work of a call, for the throughput.
package enum Work: Hashable, Sendable {
  /// Floating-point operations; a fused multiply-add is two.
  case operations(Double)
  case elements(Int)
  case tokens(Int)
  case bytes(Int)

  /// The unit of `throughput`.
  package var unit: String {
    switch self {
    case .operations: "GFLOP/s"
    case .elements: "10^9 elements/s"
    case .tokens: "tokens/s"
    case .bytes: "MB/s"
    }
  }

  /// Returns the work per second, in `unit`, if a call takes this long.
  package func throughput(seconds: Double) -> Double {
    switch self {
    case .operations(let count): count / seconds / 1e9
    case .elements(let count): Double(count) / seconds / 1e9
    case .tokens(let count): Double(count) / seconds
    case .bytes(let count): Double(count) / seconds / 1e6
    }
  }
}
