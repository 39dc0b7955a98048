extension Vocabulary {
  /// The order in which counted tokens are numbered; those of equal count are where published pipelines differ.
  public enum Order: String, Sendable, Hashable, CaseIterable, Codable {
    /// By count, falling; ties by code points, rising. TensorFlow's Penn Treebank reader.
    case countThenCodePoint
    /// By count, falling; ties as they were first seen. Python's `Counter`, the Keras `Tokenizer`.
    case countThenFirstSeen
    /// By count, falling; ties by bytes, falling. The Keras `StringLookup`.
    case countThenFallingBytes
    /// By code points, rising, whatever the counts. Character models.
    case codePoint
    /// As they were first seen, whatever the counts. PyTorch's word language model.
    case firstSeen
  }
}
