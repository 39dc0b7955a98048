/// The number of errors of the best hypotheses as a function of a number t, where the score of hypothesis i is
/// `scores[i] + t · slopes[i]`.
///
/// The best hypothesis of a list is the upper envelope of its lines, so the number of errors changes only where two
/// lines of an envelope cross. F. J. Och, "Minimum error rate training in statistical machine translation", 2003,
/// section 5.
package struct ErrorIntervals: Hashable, Sendable {
  /// An open interval of t with the same number of errors.
  package struct Interval: Hashable, Sendable {
    package let low, high: Double
    package let errorCount: Int

    package init(low: Double, high: Double, errorCount: Int) {
      (self.low, self.high, self.errorCount) = (low, high, errorCount)
    }

    /// The distance of the interval from t = 0.
    package var distance: Double { max(low, -high, 0) }

    /// A number in the interval, as far from its bounds as possible; nil if no number is between them.
    package var middle: Double? {
      if low == -.infinity && high == .infinity { return 0 }
      // In an unbounded interval, step past the finite bound by its magnitude, or by 1 if it is 0.
      if high == .infinity { return low + (low == 0 ? 1 : abs(low)) }
      if low == -.infinity { return high - (high == 0 ? 1 : abs(high)) }
      let middle = low + (high - low) / 2
      return low < middle && middle < high ? middle : nil
    }
  }

  /// The intervals in ascending order; neighbours differ in the number of errors.
  package let intervals: [Interval]

  /// Computes the intervals.
  ///
  /// - Parameters:
  ///   - scores: The score of each hypothesis of all lists at t = 0, finite.
  ///   - slopes: The change of each score per unit of t, finite.
  ///   - errors: The number of errors of each hypothesis.
  ///   - bounds: The index of the first hypothesis of each list, then the number of all hypotheses.
  package init(scores: [Double], slopes: [Double], errors: [Int], bounds: [Int]) {
    var changes: [(t: Double, change: Int)] = []
    var errorCount = 0
    for (start, end) in zip(bounds, bounds.dropFirst()) {
      let envelope = Self.envelope(start..<end, scores, slopes)
      for (place, part) in envelope.enumerated() {
        if place == 0 {
          errorCount += errors[part.hypothesis]
        } else {
          changes.append((part.start, errors[part.hypothesis] - errors[envelope[place - 1].hypothesis]))
        }
      }
    }
    changes.sort { $0.t < $1.t }
    var (intervals, low, index) = ([Interval](), -Double.infinity, 0)
    while index < changes.count {
      let t = changes[index].t
      var change = 0
      while index < changes.count && changes[index].t == t {
        change += changes[index].change
        index += 1
      }
      guard change != 0 else { continue }
      intervals.append(Interval(low: low, high: t, errorCount: errorCount))
      (errorCount, low) = (errorCount + change, t)
    }
    self.intervals = intervals + [Interval(low: low, high: .infinity, errorCount: errorCount)]
  }

  /// Returns the hypotheses that are best for some t, in ascending order of t, each with the t from which it is best.
  private static func envelope(
    _ list: Range<Int>, _ scores: [Double], _ slopes: [Double]
  ) -> [(start: Double, hypothesis: Int)] {
    // Of parallel lines, only the highest can be best; of equal ones, the first, as in a ranking.
    let sorted = list.sorted { (slopes[$0], -scores[$0], $0) < (slopes[$1], -scores[$1], $1) }
    var envelope: [(start: Double, hypothesis: Int)] = []
    for hypothesis in sorted {
      if let last = envelope.last, slopes[last.hypothesis] == slopes[hypothesis] { continue }
      var start = -Double.infinity
      while let last = envelope.last {
        start = (scores[last.hypothesis] - scores[hypothesis]) / (slopes[hypothesis] - slopes[last.hypothesis])
        guard start <= last.start else { break }
        envelope.removeLast()
        start = -.infinity
      }
      // A line that overtakes only at infinity is never best.
      if start < .infinity { envelope.append((start, hypothesis)) }
    }
    return envelope
  }
}
