import MynahIO

/// A tokenizer whose tokens are the UTF-8 bytes of a text: always 256, none of them unknown.
///
/// Bytes that are not UTF-8 are tokens like any other, if the text was read with `InvalidBytes.kept`.
///
/// In the vocabulary, an ASCII byte is written as its character and any other byte as its value, such as `<0xC3>`.
public struct ByteTokenizer: Tokenizer {
  public static let kind = "byte"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary

  /// Creates the tokenizer; all instances are equal.
  public init() {
    vocabulary = Vocabulary(
      slots: (0...UInt8.max).map { byte in
        byte < 0x80 ? String(Unicode.Scalar(byte)) : "<0x" + String(byte, radix: 16, uppercase: true) + ">"
      })
  }

  public func encode(_ text: String) throws(TextError) -> EncodedText {
    let bytes = UTF8.unescaped(Array(text.utf8))
    return EncodedText(ids: bytes.map { Int32($0) }, characterCount: text.unicodeScalars.count)
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  public func decoder() -> TokenDecoder { TokenDecoder { id in [Self.byte(id)] } }

  public func characterCount(of id: Int32) -> Int { Self.byte(id) & 0xC0 == 0x80 ? 0 : 1 }

  /// Returns the bytes of tokens, which need not be valid UTF-8.
  ///
  /// - Precondition: The IDs are in the vocabulary.
  public func bytes(of ids: some Sequence<Int32>) -> [UInt8] { ids.map(Self.byte) }

  private static func byte(_ id: Int32) -> UInt8 {
    require((0..<256).contains(id), "token \(id) is outside of a vocabulary of 256")
    return UInt8(id)
  }
}

extension ByteTokenizer {
  /// Decodes the tokenizer, of which only the kind is stored.
  public init(from decoder: any Decoder) throws { self.init() }

  public func encode(to encoder: any Encoder) throws {
    _ = encoder.container(keyedBy: NoKeys.self)
  }

  private enum NoKeys: CodingKey {}
}
