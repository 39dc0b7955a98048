/// The largest difference between two arrays, each difference divided by max(|a|, |b|, floor).
public func largestRelativeDifference<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
  _ a: [A], _ b: [B], floor: Double
) -> Double {
  precondition(a.count == b.count, "arrays of \(a.count) and \(b.count) elements cannot be compared")
  return zip(a, b).map { x, y in
    let (x, y) = (Double(x), Double(y))
    guard x.isFinite && y.isFinite else { return x == y ? 0 : .infinity }
    return abs(x - y) / max(abs(x), abs(y), floor)
  }.max() ?? 0
}

/// The largest absolute difference between two arrays; infinite if their counts differ or an element is not finite.
public func largestDifference<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(_ a: [A], _ b: [B]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { x, y in
    let difference = abs(Double(x) - Double(y))
    return difference.isFinite ? difference : .infinity
  }.max() ?? 0
}
