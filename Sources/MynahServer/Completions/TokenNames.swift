#if Server
import MynahInference
import MynahText

/// The names of tokens in responses: the text that each token adds.
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

  /// Appends a token; returns its name and the text that it adds.
  mutating func append(_ id: Int32) -> (name: String, text: String) {
    let text = decoder.decode(id)
    return (text.isEmpty ? bytesName(of: id) : text, text)
  }

  /// Returns the name of a possible next token.
  func name(of id: Int32) -> String {
    var decoder = decoder
    let text = decoder.decode(id)
    return text.isEmpty ? bytesName(of: id) : text
  }

  /// Returns the name of a token that completes no character: its bytes, as in OpenAI's API, or its name in the
  /// vocabulary if it has no bytes.
  private func bytesName(of id: Int32) -> String {
    let bytes = decoder.bytes(of: id)
    guard !bytes.isEmpty else { return tokenizer.vocabulary[id] }
    return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
#endif
