/// In which form a text's words are looked up in a vocabulary.
public enum WordForm: String, Sendable, Hashable, Codable, CaseIterable {
  /// As they stand in the text.
  case asWritten
  /// In the form that the vocabulary has of them: in small letters, or with `DG` for each digit; see `CanonicalWord`.
  case canonical
}
