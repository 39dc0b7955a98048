/// How often each token of a text occurs.
struct TokenCounts: Sendable {
  private var table = TokenTable()
  private var counts: [Int] = []

  /// Counts the token that stands in a range of a text's bytes.
  mutating func add(_ text: [UInt8], _ range: Range<Int>) {
    let number = Int(table.insert(text, range))
    if number == counts.count { counts.append(1) } else { counts[number] += 1 }
  }

  /// Counts a token.
  mutating func add(_ token: some StringProtocol) {
    let bytes = Array(token.utf8)
    add(bytes, bytes.indices)
  }

  /// Adds what was counted elsewhere.
  mutating func add(_ other: TokenCounts) {
    for (number, count) in other.counts.enumerated() {
      let token = Array(other.table[Int32(number)])
      let own = Int(table.insert(token, token.indices))
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
    for number in numbers(in: order) {
      let token = Array(table[Int32(number)])
      if !required.contains(token) && !leading.contains(token) {
        guard counts[number] >= minimumCount && room > 0 else { continue }
        room -= 1
      }
      _ = ranked.insert(token, token.indices)
    }
    for token in required { _ = ranked.insert(token, token.indices) }
    return ranked
  }

  private func numbers(in order: Vocabulary.Order) -> [Int] {
    // The order of UTF-8 bytes is the order of code points.
    func precedes(_ a: Int, _ b: Int) -> Bool { table[Int32(a)].lexicographicallyPrecedes(table[Int32(b)]) }
    switch order {
    case .firstSeen: return Array(counts.indices)
    case .codePoint: return counts.indices.sorted(by: precedes)
    case .countThenFirstSeen: return counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
    case .countThenCodePoint:
      return counts.indices.sorted { counts[$0] != counts[$1] ? counts[$0] > counts[$1] : precedes($0, $1) }
    case .countThenFallingBytes:
      return counts.indices.sorted { counts[$0] != counts[$1] ? counts[$0] > counts[$1] : precedes($1, $0) }
    }
  }
}
