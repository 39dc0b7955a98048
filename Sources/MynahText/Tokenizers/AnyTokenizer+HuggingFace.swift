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
      HuggingFaceTokenizer.json(of: tokenizer).text
    case .bytePair(let tokenizer): HuggingFaceTokenizer.json(of: tokenizer).text
    default: nil
    }
  }

  /// Reads a `tokenizer.json` whose model is `WordLevel` with words separated by white space, or a byte-level `BPE`.
  ///
  /// Truncation and padding, which apply to batches, are ignored. Added tokens must not be stripped or restricted to
  /// single words.
  ///
  /// - Throws: `TextError` if the text is not valid JSON, or if the tokenizer would produce different tokens here.
  public init(tokenizerJSON text: String) throws(TextError) {
    let root = JSONField("tokenizer", try JSONValue(tokenizer: text))
    let type = root["model"]["type"]
    switch type.value?.string {
    case "WordLevel": self = .word(try HuggingFaceTokenizer.words(root))
    case "BPE": self = .bytePair(try HuggingFaceTokenizer.bytePairs(root))
    // Old files omit the type of the model.
    case nil where type.isNull && !root["model"]["merges"].isNull:
      self = .bytePair(try HuggingFaceTokenizer.bytePairs(root))
    default: throw type.error("'WordLevel' or 'BPE'")
    }
  }
}
