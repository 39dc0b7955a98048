/// Makes text of tokens as they come, for streaming.
///
/// A character whose bytes are not all there yet is held back until they are.
public struct TokenDecoder: Sendable {
  private let bytes: @Sendable (Int32) -> ArraySlice<UInt8>
  /// What stands between two tokens of a line.
  private let separator: String
  /// The token that is written as a line end.
  private let lineEndID: Int32?
  private var isAtLineStart = true
  private var held: [UInt8] = []

  init(_ vocabulary: Vocabulary, separator: String, lineEndID: Int32?) {
    self.init(separator: separator, lineEndID: lineEndID) { vocabulary.bytes(of: $0) }
  }

  /// - Parameter bytes: The bytes of a token; any bytes, also parts of characters.
  init(separator: String = "", lineEndID: Int32? = nil, bytes: @escaping @Sendable (Int32) -> ArraySlice<UInt8>) {
    self.separator = separator
    self.lineEndID = lineEndID
    self.bytes = bytes
  }

  /// The bytes of a token alone, those of a line end included; what stands between tokens is left aside.
  package func bytes(of id: Int32) -> [UInt8] { id == lineEndID ? [UInt8(ascii: "\n")] : Array(bytes(id)) }

  /// The piece of text that a token adds to those before it.
  ///
  /// Bytes that are no UTF-8 become “\u{FFFD}”.
  ///
  /// - Precondition: The id is in the vocabulary.
  public mutating func decode(_ id: Int32) -> String {
    if id == lineEndID {
      held.append(UInt8(ascii: "\n"))
    } else {
      if !isAtLineStart { held += separator.utf8 }
      held += bytes(id)
    }
    isAtLineStart = id == lineEndID
    let end = held.count - Self.openLength(held)
    let text = String(decoding: held[..<end], as: UTF8.self)
    held.removeFirst(end)
    return text
  }

  /// What was held back, at the end of the text: “\u{FFFD}” if something was.
  public mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }

  /// How many bytes at the end are the beginning of a character that goes on.
  private static func openLength(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      switch bytes[bytes.count - length] {
      case 0x80...0xBF: continue
      case 0xC0...0xDF: return length < 2 ? length : 0
      case 0xE0...0xEF: return length < 3 ? length : 0
      case 0xF0...0xF7: return length
      default: return 0
      }
    }
    return 0
  }
}
