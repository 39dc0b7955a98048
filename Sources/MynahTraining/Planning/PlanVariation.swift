import Foundation

/// A change of the planning rule's settings, for trials on a short text.
struct PlanVariation: Hashable, Sendable {
  /// The amount that is added to the dropout rate of the outputs.
  var addedDropout: Float = 0
  /// A Boolean value indicating whether the rule's dropout of the embeddings is kept.
  var hasInputDropout = true
  /// The factor of the learning rate.
  var rateFactor: Float = 1
  /// The factor of the size of the layers.
  var sizeFactor = 1.0

  /// The changes that are tried one after another, each applied to the best variation so far.
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

  /// Returns the size of layers that is nearest to `size` times the factor, on a logarithmic scale.
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
