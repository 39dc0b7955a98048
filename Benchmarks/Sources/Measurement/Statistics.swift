extension Collection<Double> {
  /// The middle value; the mean of the two middle ones of an even number, NaN of none.
  ///
  /// A disturbed run moves a mean, and the fastest run is luck; the median is neither.
  package var median: Double {
    let ordered = sorted()
    guard !ordered.isEmpty else { return .nan }
    let middle = ordered.count / 2
    return ordered.count.isMultiple(of: 2) ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
  }
}
