extension Collection<Double> {
  /// The middle value; for an even count, the mean of the two middle values; for no values, NaN.
  ///
  /// A disturbed run shifts the mean, and the fastest run depends on luck; the median avoids both.
  package var median: Double {
    let ordered = sorted()
    guard !ordered.isEmpty else { return .nan }
    let middle = ordered.count / 2
    return ordered.count.isMultiple(of: 2) ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
  }
}
