/// A table from tokens, as UTF-8 bytes, to the numbers 0, 1, 2 … in the order of their entry.
///
/// A dictionary of strings would compare by canonical equivalence and make a string for every word of a text; this table
/// compares bytes, so that “é” and “e” + “◌́” are two tokens, and looks words up in place. Open addressing, linear probing.
package struct TokenTable: Sendable {
  package init() {}

  private var bytes: [UInt8] = []
  /// Where each token's bytes end, all together below 4 GiB; millions of them are counted in a large text.
  private var ends: [UInt32] = []
  /// Token numbers, −1 where free; the size is a power of two, at most half of it taken.
  private var slots: [Int32] = Array(repeating: -1, count: 64)

  /// The number of tokens.
  package var count: Int { ends.count }

  /// The number of the token that stands in a range of a text's bytes, nil if it has none.
  func number(of text: [UInt8], _ range: Range<Int>) -> Int32? {
    let number = slots[slot(of: text, range)]
    return number < 0 ? nil : number
  }

  /// The number of the token that stands in a range of a text's bytes, a new one if it had none.
  package mutating func insert(_ text: [UInt8], _ range: Range<Int>) -> Int32 {
    let place = slot(of: text, range)
    guard slots[place] < 0 else { return slots[place] }
    let number = Int32(count)
    slots[place] = number
    bytes.append(contentsOf: text[range])
    ends.append(UInt32(bytes.count))
    if count * 2 > slots.count { grow() }
    return number
  }

  /// The number of another table's token, a new one if it had none.
  mutating func insert(_ number: Int32, of other: TokenTable) -> Int32 {
    insert(other.bytes, other.range(of: Int(number)))
  }

  /// The bytes of a token.
  package subscript(number: Int32) -> ArraySlice<UInt8> { bytes[range(of: Int(number))] }

  private func range(of number: Int) -> Range<Int> {
    (number == 0 ? 0 : Int(ends[number - 1]))..<Int(ends[number])
  }

  /// The slot that holds the token or, if none does, the free one where it belongs.
  private func slot(of text: [UInt8], _ range: Range<Int>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(text, range)) & mask
    while slots[slot] >= 0 && !isEqual(Int(slots[slot]), text, range) { slot = (slot + 1) & mask }
    return slot
  }

  private func isEqual(_ number: Int, _ text: [UInt8], _ range: Range<Int>) -> Bool {
    let own = self.range(of: number)
    guard own.count == range.count else { return false }
    for offset in 0..<own.count where bytes[own.lowerBound + offset] != text[range.lowerBound + offset] { return false }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for number in 0..<count { slots[slot(of: bytes, range(of: number))] = Int32(number) }
  }

  /// FNV-1a with a last mixing step, without which the low bits of short words collide.
  private static func hash(_ text: [UInt8], _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
    return hash ^ (hash >> 32)
  }
}

extension TokenTable: Hashable {
  package static func == (a: TokenTable, b: TokenTable) -> Bool { a.bytes == b.bytes && a.ends == b.ends }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(bytes)
    hasher.combine(ends)
  }
}
