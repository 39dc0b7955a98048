/// The form in which a text's words are looked up in a vocabulary.
public enum WordForm: String, Sendable, Hashable, Codable, CaseIterable {
  /// As written in the text.
  case asWritten
  /// In the form that is in the vocabulary: lowercased, or with `DG` for each digit; see `CanonicalWord`.
  case canonical
}
