/// Takes as tokens the bytes of a text in UTF-8: 256 of them, whatever the text, and none unknown.
///
/// In the vocabulary an ASCII byte is its character and any other one its number, as in `<0xC3>`.
public struct ByteTokenizer: Tokenizer {
  public static let kind = "byte"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary

  /// Creates the tokenizer; there is only one.
  public init() {
    vocabulary = Vocabulary(
      slots: (0...UInt8.max).map { byte in
        byte < 0x80 ? String(Unicode.Scalar(byte)) : "<0x" + String(byte, radix: 16, uppercase: true) + ">"
      })
  }

  public func encode(_ text: String) throws(TextError) -> EncodedText {
    EncodedText(ids: text.utf8.map { Int32($0) }, characterCount: text.unicodeScalars.count)
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  public func decoder() -> TokenDecoder { TokenDecoder { id in [Self.byte(id)] } }

  public func characterCount(of id: Int32) -> Int { Self.byte(id) & 0xC0 == 0x80 ? 0 : 1 }

  /// The bytes of tokens, which need not be text.
  ///
  /// - Precondition: The ids are in the vocabulary.
  public func bytes(of ids: some Sequence<Int32>) -> [UInt8] { ids.map(Self.byte) }

  private static func byte(_ id: Int32) -> UInt8 {
    precondition((0..<256).contains(id), "token \(id) is outside of a vocabulary of 256")
    return UInt8(id)
  }
}

extension ByteTokenizer {
  /// Decodes the tokenizer, of which nothing but its kind is stored.
  public init(from decoder: any Decoder) throws { self.init() }

  public func encode(to encoder: any Encoder) throws {
    _ = encoder.container(keyedBy: NoKeys.self)
  }

  private enum NoKeys: CodingKey {}
}
