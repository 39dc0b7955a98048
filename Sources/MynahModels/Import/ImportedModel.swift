/// A language model from another program's file.
public struct ImportedModel: Sendable {
  /// The model.
  public let model: LanguageModel
  /// Sentences about the import's assumptions and about the tensors of the file that the model does not need.
  public let notes: [String]
}
