/// The treatment of the bytes of a text that are not UTF-8.
public enum InvalidBytes: Sendable, Hashable {
  /// Invalid bytes are an error, as are NULs, which occur in UTF-16 and in binary files.
  case refused
  /// Invalid bytes are kept: in the text, each becomes a character of a private-use range, U+10FF80 for the byte 0x80
  /// to U+10FFFF for 0xFF, which `UTF8.unescaped` converts back.
  case kept
}

extension Unicode.UTF8 {
  /// Returns bytes as UTF-8, with each byte that is not part of a character replaced by a character of the private-use
  /// range.
  ///
  /// Characters of that range are escaped too, byte by byte, so that all bytes can be restored.
  package static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    guard firstInvalidOffset(in: bytes) != nil || bytes.contains(0xF4) else { return bytes }
    var (result, offset) = ([UInt8](), 0)
    result.reserveCapacity(bytes.count)
    while offset < bytes.count {
      let length = sequenceLength(in: bytes, at: offset) ?? 0
      if length > 0 && !isEscape(bytes[offset..<offset + length]) {
        result += bytes[offset..<offset + length]
        offset += length
      } else {
        let byte = bytes[offset]
        result += [0xF4, 0x8F, byte < 0xC0 ? 0xBE : 0xBF, 0x80 | byte & 0x3F]
        offset += 1
      }
    }
    return result
  }

  /// Returns the original bytes of a text that `escaped` returned; other text is returned unchanged.
  package static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(0xF4) else { return bytes }
    var (result, offset) = ([UInt8](), 0)
    result.reserveCapacity(bytes.count)
    while offset < bytes.count {
      if bytes[offset] == 0xF4, offset + 4 <= bytes.count, isEscape(bytes[offset..<offset + 4]) {
        result.append(bytes[offset + 2] == 0xBE ? bytes[offset + 3] : bytes[offset + 3] | 0x40)
        offset += 4
      } else {
        result.append(bytes[offset])
        offset += 1
      }
    }
    return result
  }

  private static func isEscape(_ character: ArraySlice<UInt8>) -> Bool {
    let start = character.startIndex
    return character.count == 4 && character[start] == 0xF4 && character[start + 1] == 0x8F
      && character[start + 2] >= 0xBE
  }
}
