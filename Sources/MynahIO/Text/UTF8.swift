extension Unicode.UTF8 {
  /// The byte order mark, which some programs write at the start of a text.
  package static var byteOrderMark: [UInt8] { [0xEF, 0xBB, 0xBF] }

  /// Returns the offset of the first byte that is not part of well-formed UTF-8; nil if there is none.
  package static func firstInvalidOffset(in bytes: [UInt8]) -> Int? {
    var offset = 0
    while offset < bytes.count {
      guard let length = sequenceLength(in: bytes, at: offset) else { return offset }
      offset += length
    }
    return nil
  }

  /// Returns the length of the well-formed sequence at an offset (Unicode 16, table 3-7); nil if there is none.
  package static func sequenceLength(in bytes: [UInt8], at offset: Int) -> Int? {
    let first = bytes[offset]
    if first < 0x80 { return 1 }
    // The bounds of the second byte exclude overlong forms, surrogates and code points above U+10FFFF.
    let (length, second): (Int, ClosedRange<UInt8>) =
      switch first {
      case 0xC2...0xDF: (2, 0x80...0xBF)
      case 0xE0: (3, 0xA0...0xBF)
      case 0xED: (3, 0x80...0x9F)
      case 0xE1...0xEF: (3, 0x80...0xBF)
      case 0xF0: (4, 0x90...0xBF)
      case 0xF1...0xF3: (4, 0x80...0xBF)
      case 0xF4: (4, 0x80...0x8F)
      default: (0, 0...0)
      }
    guard length > 0, offset + length <= bytes.count, second.contains(bytes[offset + 1]),
      bytes[(offset + 2)..<(offset + length)].allSatisfy(isContinuation)
    else { return nil }
    return length
  }

  /// Returns the offset nearest to a given one at which a text can be split: neither inside a character nor between
  /// `\r` and `\n`.
  ///
  /// An offset before the given one takes precedence over one after it.
  ///
  /// - Returns: An offset with bytes on both sides; nil if there is none.
  package static func cut(_ bytes: [UInt8], near offset: Int) -> Int? {
    func canCut(_ offset: Int) -> Bool {
      let (before, next) = (bytes[offset - 1], bytes[offset])
      return !isContinuation(next) && !(before == UInt8(ascii: "\r") && next == UInt8(ascii: "\n"))
    }
    let end = max(1, min(offset + 1, bytes.count))
    return (1..<end).last(where: canCut) ?? (end..<max(end, bytes.count)).first(where: canCut)
  }
}
