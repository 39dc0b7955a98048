/// The number of occurrences of each token of a text.
package struct TokenCounts: Sendable {
  package init() {}

  private var table = TokenTable()
  private var counts: [Int] = []

  /// Counts the token in a range of a text's bytes.
  package mutating func add(_ text: [UInt8], _ range: Range<Int>) {
    let number = Int(table.insert(text, range))
    if number == counts.count { counts.append(1) } else { counts[number] += 1 }
  }

  /// Counts occurrences of a token.
  mutating func add(_ token: [UInt8], count: Int) {
    let number = Int(table.insert(token, token.indices))
    if number == counts.count { counts.append(count) } else { counts[number] += count }
  }

  /// Counts a token.
  package mutating func add(_ token: some StringProtocol) {
    let bytes = Array(token.utf8)
    add(bytes, bytes.indices)
  }

  /// Adds other counts to these.
  mutating func add(_ other: TokenCounts) {
    for (number, count) in other.counts.enumerated() {
      let own = Int(table.insert(Int32(number), of: other.table))
      if own == counts.count { counts.append(count) } else { counts[own] += count }
    }
  }

  /// The number of bytes of all tokens that were counted.
  var byteCount: Int { entries.reduce(0) { $0 + $1.token.count * $1.count } }

  /// Returns the number of occurrences of a token.
  func count(of token: String) -> Int {
    let bytes = Array(token.utf8)
    return table.number(of: bytes, bytes.indices).map { counts[Int($0)] } ?? 0
  }

  /// The tokens in order of first occurrence, with their counts.
  var entries: some Sequence<(token: ArraySlice<UInt8>, count: Int)> {
    counts.indices.lazy.map { (table[Int32($0)], counts[$0]) }
  }

  /// Returns the leading tokens, followed by the counted tokens in the given order.
  ///
  /// Required tokens are kept regardless of their count and come last if they do not occur at all.
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
    // Rare tokens are removed before sorting: in a large text they are the majority.
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

  /// Returns tokens, given in order of first occurrence, in another order.
  private func sorted(_ numbers: [Int32], _ order: Vocabulary.Order) -> [Int32] {
    func count(_ number: Int32) -> Int { counts[Int(number)] }
    // UTF-8 byte order is code point order.
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
