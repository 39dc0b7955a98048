import MynahIO
public import MynahTensors

/// A metric of a model's predictions, computed on the validation text after each epoch and averaged over the targets.
public struct Metric: Sendable {
  /// The name of the metric in reports.
  public let name: String
  /// The sum over rows, computed from logits [N, V] and N targets.
  public let sum: @Sendable (_ logits: Tensor, _ targets: [Int32]) -> Double

  /// Creates a custom metric.
  ///
  /// - Parameter sum: Returns the sum over rows, from logits [N, V] and N targets; called with a few rows at a time.
  public init(_ name: String, sum: @escaping @Sendable (_ logits: Tensor, _ targets: [Int32]) -> Double) {
    self.name = name
    self.sum = sum
  }

  /// The fraction of targets that have the largest logit.
  public static let accuracy = top(1, name: "accuracy")

  /// Returns the fraction of targets whose logit is among the k largest; ties are broken by the lower id.
  ///
  /// - Precondition: k is at least 1.
  public static func top(_ k: Int) -> Metric { top(k, name: "top\(k)") }

  private static func top(_ k: Int, name: String) -> Metric {
    require(k >= 1, "k must be at least 1, got \(k)")
    return Metric(name) { logits, targets in
      let width = logits.shape[1]
      let hits = logits.withSpan { logits in
        targets.enumerated().count { row, target in
          let (start, own) = (row * width, logits[row * width + Int(target)])
          var ahead = 0
          for id in 0..<width where logits[start + id] > own || logits[start + id] == own && id < Int(target) {
            ahead += 1
          }
          return ahead < k
        }
      }
      return Double(hits)
    }
  }
}
