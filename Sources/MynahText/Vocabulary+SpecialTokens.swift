extension Vocabulary {
  /// The names that other programs use for the unknown token.
  public static let otherUnknownNames = ["<UNK>", "xxunk", "UNK"]
  /// The names that other programs use for padding.
  public static let otherPaddingNames = ["<pad>", "<PAD>", "[PAD]", "xxpad"]

  /// A token that has another name in this package.
  public struct RenamedToken: Hashable, Sendable {
    /// The name in the other program's list.
    public let token: String
    /// `Vocabulary.unknown` or `Vocabulary.padding`.
    public let name: String
  }

  /// Returns the vocabulary with another program's unknown and padding tokens renamed to those of this package.
  ///
  /// Unknown words can then be encoded, and neither token is generated.
  ///
  /// - Parameter unknown: The unknown token; nil to recognise it by its name.
  /// - Returns: The vocabulary with the same ids, and the tokens that were renamed.
  /// - Throws: `TextError.unknownString` if the token is not in the vocabulary, `TextError.duplicateToken` if the
  ///   vocabulary also has `<unk>`.
  public func renamingSpecialTokens(
    unknown: String? = nil
  ) throws(TextError) -> (vocabulary: Vocabulary, renamed: [RenamedToken]) {
    var (tokens, renamed) = (tokens, [RenamedToken]())
    func rename(_ token: String, to name: String) {
      guard token != name, let id = id(of: token) else { return }
      tokens[Int(id)] = name
      renamed.append(RenamedToken(token: token, name: name))
    }
    if let unknown {
      guard id(of: unknown) != nil else { throw .unknownString(unknown) }
      rename(unknown, to: Self.unknown)
    } else if unknownID == nil, let token = Self.otherUnknownNames.first(where: { id(of: $0) != nil }) {
      rename(token, to: Self.unknown)
    }
    if paddingID == nil, let token = Self.otherPaddingNames.first(where: { id(of: $0) != nil }) {
      rename(token, to: Self.padding)
    }
    return renamed.isEmpty ? (self, []) : (try Vocabulary(tokens: tokens), renamed)
  }
}
