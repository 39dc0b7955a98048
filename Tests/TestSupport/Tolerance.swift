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
