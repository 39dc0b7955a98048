/// The added tokens of a `tokenizer.json`, which are extracted from a text before it is split.
struct AddedTokens: Sendable {
  struct Token: Sendable {
    var content: [Unicode.Scalar]
    let id: Int32
    let isSingleWord, stripsLeft, stripsRight: Bool
    /// A Boolean value indicating whether the token is matched after normalization.
    let isNormalized: Bool

    var text: String { String(String.UnicodeScalarView(content)) }
  }

  private let byFirst: [Unicode.Scalar: [Token]]

  /// - Parameter tokens: The tokens, whose contents are not empty.
  init(_ tokens: [Token]) {
    byFirst = Dictionary(grouping: tokens.filter { !$0.content.isEmpty }) { $0.content[0] }
      .mapValues { $0.sorted { $0.content.count > $1.content.count } }
  }

  /// Returns the parts of a text: added tokens and the text between them; if several tokens match, the longest is used.
  func parts(of text: [Unicode.Scalar]) -> [(range: Range<Int>, id: Int32?)] {
    guard !byFirst.isEmpty else { return text.isEmpty ? [] : [(text.indices, nil)] }
    var parts: [(range: Range<Int>, id: Int32?)] = []
    var (taken, offset) = (0, 0)
    while offset < text.count {
      guard let token = byFirst[text[offset]]?.first(where: { text[offset...].starts(with: $0.content) }) else {
        offset += 1
        continue
      }
      var (start, end) = (offset, offset + token.content.count)
      offset = end
      if token.isSingleWord {
        if start > 0 && text[start - 1].isWordCharacter { continue }
        if end < text.count && text[end].isWordCharacter { continue }
      }
      if token.stripsLeft {
        while start > 0 && text[start - 1].properties.isWhitespace { start -= 1 }
        start = max(start, taken)
      }
      if token.stripsRight {
        while end < text.count && text[end].properties.isWhitespace { end += 1 }
      }
      if taken < start { parts.append((taken..<start, nil)) }
      parts.append((start..<max(end, start), token.id))
      taken = end
    }
    if taken < text.count { parts.append((taken..<text.count, nil)) }
    return parts
  }
}
