/// A scanner for the words of a text, separated by white space, and its line ends.
package struct WordScanner {
  package enum Item: Hashable {
    case word(Range<Int>)
    case lineEnd
  }

  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Returns the next word or line end (`\n`); nil at the end of the text.
  package mutating func next() -> Item? {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") {
        position += 1
        return .lineEnd
      }
      let length = spaceLength(at: position)
      if length == 0 { return .word(word()) }
      position += length
    }
    return nil
  }

  private mutating func word() -> Range<Int> {
    let start = position
    while position < bytes.count && bytes[position] != UInt8(ascii: "\n") && spaceLength(at: position) == 0 {
      position += 1
    }
    return start..<position
  }

  private func spaceLength(at offset: Int) -> Int { Self.spaceLength(in: bytes, at: offset) }

  /// Returns a Boolean value indicating whether the character before an offset is white space.
  static func hasSpace(in bytes: [UInt8], before offset: Int) -> Bool {
    var start = offset - 1
    while start > 0 && bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return spaceLength(in: bytes, at: start) > 0
  }

  /// Returns the length of the white space character (Unicode: White_Space) at an offset; 0 for any other character.
  static func spaceLength(in bytes: [UInt8], at offset: Int) -> Int {
    let first = bytes[offset]
    if first < 0x80 { return first == 0x20 || (0x09...0x0D).contains(first) ? 1 : 0 }
    guard [0xC2, 0xE1, 0xE2, 0xE3].contains(first) else { return 0 }
    func byte(_ index: Int) -> UInt8 { offset + index < bytes.count ? bytes[offset + index] : 0 }
    switch (first, byte(1), byte(2)) {
    case (0xC2, 0x85, _), (0xC2, 0xA0, _): return 2
    case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8...0xA9), (0xE2, 0x80, 0xAF),
      (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
      return 3
    default: return 0
    }
  }
}
