#if Server
import MynahInference
import MynahText

/// The names of tokens in answers: the text that each adds.
struct TokenNames {
  private let tokenizer: AnyTokenizer
  private var decoder: TokenDecoder

  /// - Parameters:
  ///   - text: The text so far.
  ///   - ids: Its last tokens.
  init(_ tokenizer: AnyTokenizer, after text: String, _ ids: [Int32]) {
    self.tokenizer = tokenizer
    decoder = tokenizer.decoder()
    decoder.begin(after: text, ids)
  }

  /// Returns the name of a token and the text that it adds, and goes on after it.
  mutating func append(_ id: Int32) -> (name: String, text: String) {
    let text = decoder.decode(id)
    return (text.isEmpty ? bytesName(of: id) : text, text)
  }

  /// Returns the name of a token that could have followed.
  func name(of id: Int32) -> String {
    var decoder = decoder
    let text = decoder.decode(id)
    return text.isEmpty ? bytesName(of: id) : text
  }

  /// A token that completes no character is named by its bytes, as OpenAI's API does; one without bytes by its name in
  /// the vocabulary.
  private func bytesName(of id: Int32) -> String {
    let bytes = decoder.bytes(of: id)
    guard !bytes.isEmpty else { return tokenizer.vocabulary[id] }
    return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
#endif
