/// A set of characters in a tokenizer's regular expression.
indirect enum ScalarClass: Sendable {
  case scalar(Unicode.Scalar)
  /// A character or another one with the same simple case folding.
  case ignoringCase(Unicode.Scalar)
  case range(ClosedRange<Unicode.Scalar>)
  case any
  case space, word
  case categories([Unicode.GeneralCategory])
  case union([ScalarClass])
  case negated(ScalarClass)

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .scalar(let own): scalar == own
    case .ignoringCase(let own): Self.folded(scalar) == Self.folded(own)
    case .range(let range): range.contains(scalar)
    case .any: scalar != "\n"
    case .space: scalar.properties.isWhitespace
    case .word: scalar.isWordCharacter
    case .categories(let categories): categories.contains(scalar.properties.generalCategory)
    case .union(let parts): parts.contains { $0.contains(scalar) }
    case .negated(let part): !part.contains(scalar)
    }
  }

  /// Returns the simple case folding of a character, with “s” for the long s.
  private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if scalar == "ſ" { return "s" }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    return lower.count == 1 ? lower.first ?? scalar : scalar
  }

  /// Returns the set of a Unicode property such as `L` or `Lu`; nil if the name is not a general category.
  static func property(_ name: some StringProtocol) -> ScalarClass? {
    let found = categories.filter { $0.name == name || name.count == 1 && $0.name.hasPrefix(name) }.map(\.category)
    return found.isEmpty ? nil : .categories(found)
  }

  private static let categories: [(name: String, category: Unicode.GeneralCategory)] = [
    ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
    ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
    ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
    ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation), ("Pi", .initialPunctuation),
    ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
    ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
    ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Co", .privateUse), ("Cn", .unassigned),
    ("Cs", .surrogate),
  ]
}

extension Unicode.Scalar {
  /// A Boolean value indicating whether `\w` matches: alphabetic characters, marks, decimal digits, connectors and
  /// joiners.
  var isWordCharacter: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
    default: properties.isAlphabetic || properties.isJoinControl
    }
  }

  /// A Boolean value indicating whether the character is ASCII punctuation, including symbols, or of the category P.
  var isPunctuation: Bool {
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: isASCII && value > 0x20 && value < 0x7F && !properties.isAlphabetic && !isNumber
    }
  }

  /// A Boolean value indicating whether the character is of the category N.
  var isNumber: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  /// A Boolean value indicating whether the character is of the category M.
  var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }
}
