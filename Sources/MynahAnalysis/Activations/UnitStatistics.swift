import MynahIO

/// Statistics of the values of a unit over a text.
package enum UnitStatistics {
  /// The variance, Σ (x − mean)² / N; 0 for no values.
  package static func variance(_ values: [Float]) -> Double {
    covariance(values, values)
  }

  /// Pearson's correlation coefficient, cov(x, y) / √(var x · var y), in −1 … 1; nil if one of them is constant.
  ///
  /// - Precondition: `x` and `y` have the same number of values.
  package static func correlation(_ x: [Float], _ y: [Float]) -> Double? {
    let scale = (variance(x) * variance(y)).squareRoot()
    // Rounding can give equal values a tiny variance.
    guard scale > 1e-12 else { return nil }
    return max(-1, min(1, covariance(x, y) / scale))
  }

  private static func covariance(_ x: [Float], _ y: [Float]) -> Double {
    require(x.count == y.count, "\(x.count) values do not fit \(y.count)")
    guard !x.isEmpty else { return 0 }
    let (meanX, meanY) = (mean(x), mean(y))
    return zip(x, y).reduce(0) { $0 + (Double($1.0) - meanX) * (Double($1.1) - meanY) } / Double(x.count)
  }

  private static func mean(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }
}
