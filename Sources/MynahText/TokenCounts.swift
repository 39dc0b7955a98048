/// How often each token of a text occurs.
package struct TokenCounts: Sendable {
  package init() {}

  private var table = TokenTable()
  private var counts: [Int] = []

  /// Counts the token that stands in a range of a text's bytes.
  package mutating func add(_ text: [UInt8], _ range: Range<Int>) {
    let number = Int(table.insert(text, range))
    if number == counts.count { counts.append(1) } else { counts[number] += 1 }
  }

  /// Counts a token.
  package mutating func add(_ token: some StringProtocol) {
    let bytes = Array(token.utf8)
    add(bytes, bytes.indices)
  }

  /// Adds what was counted elsewhere.
  mutating func add(_ other: TokenCounts) {
    for (number, count) in other.counts.enumerated() {
      let own = Int(table.insert(Int32(number), of: other.table))
      if own == counts.count { counts.append(count) } else { counts[own] += count }
    }
  }

  /// How often a token was counted.
  func count(of token: String) -> Int {
    let bytes = Array(token.utf8)
    return table.number(of: bytes, bytes.indices).map { counts[Int($0)] } ?? 0
  }

  /// The tokens as they were first seen, and how often each occurs.
  var entries: some Sequence<(token: ArraySlice<UInt8>, count: Int)> {
    counts.indices.lazy.map { (table[Int32($0)], counts[$0]) }
  }

  /// The tokens in an order, behind the leading ones; the required ones are kept however rare, at the end if they do not
  /// occur at all.
  func ranked(
    _ order: Vocabulary.Order = .countThenCodePoint, minimumCount: Int, maximumSize: Int?, leading: [String] = [],
    required: [String]
  ) -> TokenTable {
    let leading = leading.map { Array($0.utf8) }
    let required = required.map { Array($0.utf8) }.filter { !leading.contains($0) }
    var room = (maximumSize ?? .max) - leading.count - required.count
    var ranked = TokenTable()
    for token in leading { _ = ranked.insert(token, token.indices) }
    let special = Set((leading + required).compactMap { table.number(of: $0, $0.indices) })
    // Sorted after those that are too rare are left out: of a large text they are most.
    let kept = (0..<Int32(counts.count)).filter { counts[Int($0)] >= minimumCount || special.contains($0) }
    for number in sorted(kept, order) {
      if !special.contains(number) {
        guard room > 0 else { continue }
        room -= 1
      }
      _ = ranked.insert(number, of: table)
    }
    for token in required { _ = ranked.insert(token, token.indices) }
    return ranked
  }

  /// Tokens, given as they were first seen, in another order.
  private func sorted(_ numbers: [Int32], _ order: Vocabulary.Order) -> [Int32] {
    func count(_ number: Int32) -> Int { counts[Int(number)] }
    // The order of UTF-8 bytes is the order of code points.
    func precedes(_ a: Int32, _ b: Int32) -> Bool { table[a].lexicographicallyPrecedes(table[b]) }
    switch order {
    case .firstSeen: return numbers
    case .codePoint: return numbers.sorted(by: precedes)
    case .countThenFirstSeen: return numbers.sorted { (-count($0), $0) < (-count($1), $1) }
    case .countThenCodePoint:
      return numbers.sorted { count($0) != count($1) ? count($0) > count($1) : precedes($0, $1) }
    case .countThenFallingBytes:
      return numbers.sorted { count($0) != count($1) ? count($0) > count($1) : precedes($1, $0) }
    }
  }
}
