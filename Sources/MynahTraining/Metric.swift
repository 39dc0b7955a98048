public import MynahTensors

/// A figure of a model's predictions, measured on the validation text after each epoch: a sum over targets, over their number.
public struct Metric: Sendable {
  /// What reports call it.
  public let name: String
  /// The sum over rows, from logits [N, V] and N targets.
  public let sum: @Sendable (_ logits: Tensor, _ targets: [Int32]) -> Double

  /// Creates a figure of your own.
  ///
  /// - Parameter sum: The sum over rows, from logits [N, V] and N targets; it is called with some rows at a time.
  public init(_ name: String, sum: @escaping @Sendable (_ logits: Tensor, _ targets: [Int32]) -> Double) {
    self.name = name
    self.sum = sum
  }

  /// The share of targets that have the largest logit.
  public static let accuracy = top(1, name: "accuracy")

  /// The share of targets whose logit is among the k largest; of equal ones the lower ids count first.
  ///
  /// - Precondition: k is 1 or more.
  public static func top(_ k: Int) -> Metric { top(k, name: "top\(k)") }

  private static func top(_ k: Int, name: String) -> Metric {
    precondition(k >= 1, "the largest 1 or more logits count, found \(k)")
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
