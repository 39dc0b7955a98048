/// The normalisation of the texts that a classifier reads.
public enum TextForm: String, Hashable, Codable, Sendable, CaseIterable {
  /// The text as written, except that white space of any kind becomes spaces.
  case asWritten
  /// The text split into lower-case words: punctuation marks are separate words, every digit becomes 0, and a mark
  /// follows each word in capitals.
  ///
  /// `"FREE entry, call 08-71!"` becomes `free ^ entry , call 00 - 00 !`: the presence of a number matters more than
  /// its value.
  case folded

  /// Returns a text in this form, on one line.
  public func callAsFunction(_ text: String) -> String {
    switch self {
    case .asWritten: Self.withoutLineEnds(text)
    case .folded: Self.words(of: text).joined(separator: " ")
    }
  }

  /// The mark that follows a word in capital letters.
  private static let capitals = "^"
  /// The maximum number of digits; longer numbers are shortened to this length.
  private static let longestNumber = 12

  private static func withoutLineEnds(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      result.append(scalar.properties.isWhitespace || isControl ? " " : scalar)
    }
    return String(result)
  }

  /// Returns the words of the form `folded`.
  static func words(of text: String) -> [String] {
    var words: [String] = []
    var rest = text.unicodeScalars[...]
    while let first = rest.first {
      if first.properties.isWhitespace || first.properties.generalCategory == .control {
        rest.removeFirst()
        continue
      }
      let kind = Kind(first)
      let word = kind == .mark ? rest.prefix(1) : rest.prefix { Kind($0) == kind }
      rest.removeFirst(word.count)
      switch kind {
      case .digit: words.append(String(repeating: "0", count: min(word.count, longestNumber)))
      case .mark: words.append(String(String.UnicodeScalarView(word)))
      case .letter:
        let written = String(String.UnicodeScalarView(word))
        let small = written.lowercased()
        words.append(small)
        if word.count > 1 && written != small && written == written.uppercased() { words.append(capitals) }
      }
    }
    return words
  }

  private enum Kind {
    case letter, digit, mark

    init(_ scalar: Unicode.Scalar) {
      switch scalar.properties.generalCategory {
      case .decimalNumber: self = .digit
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
        .spacingMark, .enclosingMark:
        self = .letter
      default: self = .mark
      }
    }
  }
}
