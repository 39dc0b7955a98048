import MynahIO

extension AnyTokenizer {
  /// The tokenizer as Hugging Face's `tokenizer.json`: `WordLevel` for words, `BPE` for byte pairs, and nil for other
  /// kinds and for word tokenizers with a non-default line end or form.
  ///
  /// Hugging Face's library then produces the same tokens, with one exception: for words, it adds no `<eos>` after an
  /// unterminated last line.
  public var tokenizerJSON: String? {
    switch self {
    case .word(let tokenizer) where tokenizer == WordTokenizer(vocabulary: tokenizer.vocabulary):
      TokenizerJSONFile.json(of: tokenizer).text
    case .bytePair(let tokenizer): TokenizerJSONFile.json(of: tokenizer).text
    case .huggingFace(let tokenizer): tokenizer.json
    default: nil
    }
  }

  /// Reads a `tokenizer.json`.
  ///
  /// Words separated by white space and byte-level byte pairs with the pattern of GPT-2 become a `.word` or `.bytePair`
  /// tokenizer, which is faster and encodes a text in chunks; any other supported file becomes a `.huggingFace`
  /// tokenizer. Truncation and padding, which apply to batches, are ignored.
  ///
  /// - Throws: `TextError` if the text is not valid JSON, or if the tokenizer would produce different tokens here.
  public init(tokenizerJSON text: String) throws(TextError) {
    let root = JSONField("tokenizer", try JSONValue(tokenizer: text))
    let model = root["model"]
    do throws(TextError) {
      switch model["type"].value?.string {
      case "WordLevel": self = .word(try TokenizerJSONFile.words(root))
      case "BPE": self = .bytePair(try TokenizerJSONFile.bytePairs(root))
      // Old files omit the type of the model.
      case nil where model["type"].isNull && !model["merges"].isNull:
        self = .bytePair(try TokenizerJSONFile.bytePairs(root))
      default: self = .huggingFace(try HuggingFaceTokenizer(json: text))
      }
    } catch {
      self = .huggingFace(try HuggingFaceTokenizer(json: text))
    }
  }
}
