/// A hash table from tokens, as UTF-8 bytes, to indices 0, 1, 2 … in order of insertion.
///
/// A dictionary of strings would compare by canonical equivalence and allocate a string for every word of a text. This
/// table compares bytes, so “é” and “e” + “◌́” are two tokens, and it looks words up in place. It uses open addressing
/// with linear probing.
package struct TokenTable: Sendable {
  package init() {}

  private var bytes: [UInt8] = []
  /// The end offset of each token's bytes.
  ///
  /// The total is below 4 GiB; 32 bits save memory for the millions of tokens of a
  /// large text.
  private var ends: [UInt32] = []
  /// The token indices, −1 for an empty slot.
  ///
  /// The size is a power of two, and at most half of the slots are used.
  private var slots: [Int32] = Array(repeating: -1, count: 64)

  /// The number of tokens.
  package var count: Int { ends.count }

  /// Returns the index of the token in a range of a text's bytes, or nil if it is not in the table.
  func number(of text: [UInt8], _ range: Range<Int>) -> Int32? {
    let number = slots[slot(of: text, range)]
    return number < 0 ? nil : number
  }

  /// Returns the index of the token in a range of a text's bytes, inserting the token if necessary.
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

  /// Returns the index of another table's token, inserting the token if necessary.
  mutating func insert(_ number: Int32, of other: TokenTable) -> Int32 {
    insert(other.bytes, other.range(of: Int(number)))
  }

  /// The bytes of a token.
  package subscript(number: Int32) -> ArraySlice<UInt8> { bytes[range(of: Int(number))] }

  private func range(of number: Int) -> Range<Int> {
    (number == 0 ? 0 : Int(ends[number - 1]))..<Int(ends[number])
  }

  /// Returns the slot that contains the token or, if there is none, the empty slot to insert it into.
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

  /// Returns the FNV-1a hash with a final mixing step, without which the low bits of short words collide.
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
