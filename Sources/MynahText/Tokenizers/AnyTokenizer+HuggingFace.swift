import MynahIO

extension AnyTokenizer {
  /// The tokenizer as Hugging Face's `tokenizer.json`; words as `WordLevel`, byte pairs as `BPE`, nil for other kinds and for words
  /// with another line end or form than the usual one.
  ///
  /// Their library then gives the same tokens, with one exception: of words, a last line without a line end gets no `<eos>`
  /// from it.
  public var tokenizerJSON: String? {
    switch self {
    case .word(let tokenizer) where tokenizer == WordTokenizer(vocabulary: tokenizer.vocabulary):
      HuggingFaceTokenizer.json(of: tokenizer).text
    case .bytePair(let tokenizer): HuggingFaceTokenizer.json(of: tokenizer).text
    default: nil
    }
  }

  /// Reads a `tokenizer.json` whose model is `WordLevel` with words parted by white space, or a byte-level `BPE`.
  ///
  /// Truncation and padding, which are for batches, are not taken over. Added tokens must not be stripped or bound to words.
  ///
  /// - Throws: When the text is no JSON, or the tokenizer would give other tokens here than there.
  public init(tokenizerJSON text: String) throws(TextError) {
    let root = JSONField("tokenizer", try JSONValue(tokenizer: text))
    let type = root["model"]["type"]
    switch type.value?.string {
    case "WordLevel": self = .word(try HuggingFaceTokenizer.words(root))
    case "BPE": self = .bytePair(try HuggingFaceTokenizer.bytePairs(root))
    // Old files leave the type of the model out.
    case nil where type.isNull && !root["model"]["merges"].isNull:
      self = .bytePair(try HuggingFaceTokenizer.bytePairs(root))
    default: throw type.error("'WordLevel' or 'BPE'")
    }
  }
}
