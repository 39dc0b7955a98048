extension Vocabulary {
  /// The order in which counted tokens are numbered; published pipelines differ in how they break ties.
  public enum Order: String, Sendable, Hashable, CaseIterable, Codable {
    /// By descending count; ties by ascending code points. TensorFlow's Penn Treebank reader.
    case countThenCodePoint
    /// By descending count; ties by first occurrence. Python's `Counter`, the Keras `Tokenizer`.
    case countThenFirstSeen
    /// By descending count; ties by descending bytes. The Keras `StringLookup`.
    case countThenFallingBytes
    /// By ascending code points, regardless of count. Character models.
    case codePoint
    /// By first occurrence, regardless of count. PyTorch's word language model.
    case firstSeen
  }
}
