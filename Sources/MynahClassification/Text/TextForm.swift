/// In which form a classifier reads its texts.
public enum TextForm: String, Hashable, Codable, Sendable, CaseIterable {
  /// As they stand; white space of any kind becomes spaces.
  case asWritten
  /// Cut into words: in small letters, each punctuation mark on its own, every digit as 0, and a mark behind words in capitals.
  ///
  /// `"FREE entry, call 08-71!"` is `free ^ entry , call 00 - 00 !`: what a number is hardly matters, that one stands there does.
  case folded

  /// A text in this form, on one line.
  public func callAsFunction(_ text: String) -> String {
    switch self {
    case .asWritten: Self.withoutLineEnds(text)
    case .folded: Self.words(of: text).joined(separator: " ")
    }
  }

  /// What stands behind a word of capital letters.
  private static let capitals = "^"
  /// Numbers of more digits are as long as this.
  private static let longestNumber = 12

  private static func withoutLineEnds(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      result.append(scalar.properties.isWhitespace || isControl ? " " : scalar)
    }
    return String(result)
  }

  /// The words of the form `folded`.
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
