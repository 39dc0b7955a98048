import MynahIO

extension Embedding {
  /// Returns the size of embeddings by a rule of thumb: ⌊V^¼⌋, 10 for 10,000 tokens.
  ///
  /// - Precondition: there is a token.
  public static func defaultSize(vocabularySize: Int) -> Int {
    require(vocabularySize > 0, "a vocabulary must have at least 1 token, got \(vocabularySize)")
    // In integers, because the fourth root of 10,000 may not be exactly 10 in floating point.
    var size = 1
    while (size + 1) * (size + 1) * (size + 1) <= vocabularySize / (size + 1) { size += 1 }
    return size
  }

  /// Returns the distribution that goes with the rule: uniform ±0.5 / size, ±0.05 for a size of 10.
  public static func defaultInitializer(size: Int) -> Initializer { .uniform(0.5 / Float(size)) }
}
