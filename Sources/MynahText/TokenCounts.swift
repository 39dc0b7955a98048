/// How often each token of a text occurs.
struct TokenCounts: Sendable {
  private var table = TokenTable()
  private var counts: [Int] = []

  /// Counts the token that stands in a range of a text's bytes.
  mutating func add(_ text: [UInt8], _ range: Range<Int>) {
    let number = Int(table.insert(text, range))
    if number == counts.count { counts.append(1) } else { counts[number] += 1 }
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

  /// The tokens by count, falling, and ties by code points, rising; the required ones are kept however rare.
  func ranked(minimumCount: Int, maximumSize: Int?, required: [String]) -> TokenTable {
    let required = required.map { Array($0.utf8) }
    // The order of UTF-8 bytes is the order of code points.
    let order = counts.indices.sorted { a, b in
      counts[a] != counts[b]
        ? counts[a] > counts[b] : table[Int32(a)].lexicographicallyPrecedes(table[Int32(b)])
    }
    var room = (maximumSize ?? .max) - required.count
    var ranked = TokenTable()
    for number in order {
      let token = Array(table[Int32(number)])
      if !required.contains(token) {
        guard counts[number] >= minimumCount && room > 0 else { continue }
        room -= 1
      }
      _ = ranked.insert(token, token.indices)
    }
    for token in required { _ = ranked.insert(token, token.indices) }
    return ranked
  }
}
