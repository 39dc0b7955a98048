import Foundation

/// A change of the planning rule's settings, for trials on a short text.
struct PlanVariation: Hashable, Sendable {
  /// The amount by which the dropout rate of the outputs is higher.
  var addedDropout: Float = 0
  /// A Boolean value indicating whether the embeddings have the dropout of the rule.
  var hasInputDropout = true
  /// The factor of the learning rate.
  var rateFactor: Float = 1
  /// The factor of the size of the layers.
  var sizeFactor = 1.0

  /// The changes that are tried one after another, each of the best variation so far.
  static let changes: [@Sendable (inout PlanVariation) -> Void] = [
    { $0.addedDropout += 0.1 },
    { $0.hasInputDropout = false },
    { $0.rateFactor /= 2 },
    { $0.sizeFactor *= 0.6 },
    { $0.sizeFactor *= 1.6 },
    { $0.addedDropout += 0.1 },
    { $0.addedDropout -= 0.15 },
    { $0.rateFactor *= 1.5 },
  ]

  /// Returns the size of layers that is nearest to a size times the factor.
  ///
  /// - Parameters:
  ///   - size: The size of the layers without a variation.
  ///   - sizes: The sizes to choose from.
  func size(from size: Int, among sizes: [Int]) -> Int {
    guard sizeFactor != 1 else { return size }
    let wanted = log(Double(size) * sizeFactor)
    return sizes.min { abs(log(Double($0)) - wanted) < abs(log(Double($1)) - wanted) } ?? size
  }
}
