/// The treatment of the matches at which a pre-tokenizer splits a text; the names are those of a `tokenizer.json`.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// Returns the parts of a text.
  ///
  /// - Parameters:
  ///   - matches: The matches from left to right, which do not overlap.
  ///   - inverts: A Boolean value indicating whether the text between the matches counts as matched instead.
  func parts(of count: Int, at matches: [Range<Int>], inverts: Bool = false) -> [Range<Int>] {
    var (all, end): ([(range: Range<Int>, isMatch: Bool)], Int) = ([], 0)
    for match in matches {
      if end < match.lowerBound { all.append((end..<match.lowerBound, inverts)) }
      all.append((match, !inverts))
      end = match.upperBound
    }
    if end < count { all.append((end..<count, inverts)) }
    switch self {
    case .removed: return all.filter { !$0.isMatch }.map(\.range)
    case .isolated: return all.map(\.range)
    case .contiguous: return Self.merged(all) { $0.isMatch == $1 }
    case .mergedWithPrevious: return Self.merged(all) { $0.isMatch && !$1 }
    case .mergedWithNext: return Self.merged(all.reversed()) { $0.isMatch && !$1 }.reversed()
    }
  }

  /// Joins each part with the previous one if `joins` returns true for the part and a Boolean value indicating whether
  /// the previous part is a match.
  private static func merged(
    _ parts: [(range: Range<Int>, isMatch: Bool)], _ joins: ((range: Range<Int>, isMatch: Bool), Bool) -> Bool
  ) -> [Range<Int>] {
    var (result, previous): ([Range<Int>], Bool) = ([], false)
    for part in parts {
      if joins(part, previous), let last = result.popLast() {
        let start = min(last.lowerBound, part.range.lowerBound)
        result.append(start..<max(last.upperBound, part.range.upperBound))
      } else {
        result.append(part.range)
      }
      previous = part.isMatch
    }
    return result
  }
}
