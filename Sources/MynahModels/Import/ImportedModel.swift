/// A language model from another program's file.
public struct ImportedModel: Sendable {
  /// The model.
  public let model: LanguageModel
  /// The assumptions, and the tensors of the file that the model does not need, as sentences.
  public let notes: [String]
}
