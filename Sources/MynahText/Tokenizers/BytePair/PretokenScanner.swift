import MynahIO

/// A scanner that splits bytes into the pieces within which pairs are merged: words with the preceding space, numbers,
/// punctuation, white space.
///
/// It matches this pattern of GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`. A
/// byte that is not valid UTF-8 counts as punctuation. The concatenated pieces are the input.
struct PretokenScanner {
  private enum Class { case letter, number, space, other }

  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// Starts a scan of a range of bytes.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    (position, end) = (range.lowerBound, range.upperBound)
  }

  /// Returns the next piece; nil at the end.
  mutating func next() -> Range<Int>? {
    guard position < end else { return nil }
    let start = position
    position = endOfPiece()
    return start..<position
  }

  private func endOfPiece() -> Int {
    if let end = endOfContraction() { return end }
    let (first, length) = character(at: position)
    if first != .space { return endOfRun(of: first, from: position + length) }
    // A space is joined with the following piece unless that is white space.
    if bytes[position] == UInt8(ascii: " "), position + 1 < end {
      let (second, length) = character(at: position + 1)
      if second != .space { return endOfRun(of: second, from: position + 1 + length) }
    }
    // The last white space character before a non-space character belongs to the next piece.
    var (offset, last) = (position + length, position)
    while offset < end {
      let (next, length) = character(at: offset)
      guard next == .space else { return last > position ? last : offset }
      last = offset
      offset += length
    }
    return end
  }

  private func endOfRun(of kind: Class, from start: Int) -> Int {
    var offset = start
    while offset < end {
      let (next, length) = character(at: offset)
      guard next == kind else { break }
      offset += length
    }
    return offset
  }

  private func endOfContraction() -> Int? {
    guard bytes[position] == UInt8(ascii: "'"), position + 1 < end else { return nil }
    switch bytes[position + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return position + 2
    default: break
    }
    guard position + 2 < end else { return nil }
    switch (bytes[position + 1], bytes[position + 2]) {
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return position + 3
    default: return nil
    }
  }

  /// Returns the class and the length of the character at an offset.
  private func character(at offset: Int) -> (Class, Int) {
    let first = bytes[offset]
    if first < 0x80 {
      switch first {
      case 0x61...0x7A, 0x41...0x5A: return (.letter, 1)
      case 0x30...0x39: return (.number, 1)
      case 0x20, 0x09...0x0D: return (.space, 1)
      default: return (.other, 1)
      }
    }
    guard let length = UTF8.sequenceLength(in: bytes, at: offset), offset + length <= end else { return (.other, 1) }
    let lead = UInt32(first & (0x7F >> UInt8(length)))
    let value = bytes[(offset + 1)..<(offset + length)].reduce(lead) { $0 << 6 | UInt32($1 & 0x3F) }
    guard let scalar = Unicode.Scalar(value) else { return (.other, length) }
    return (Self.kind(of: scalar), length)
  }

  private static func kind(of scalar: Unicode.Scalar) -> Class {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default: scalar.properties.isWhitespace ? .space : .other
    }
  }
}
