/// A normalization of words for small vocabularies, which removes case and replaces the digits of numbers.
///
/// A word that contains a letter is lowercased. In any other word, each digit becomes `DG`, and a number that begins
/// with a digit loses its commas: `1,119` becomes `DGDGDGDG`, but `$1,000` becomes `$DG,DGDGDG`.
///
/// Source: the preparation of the Brown corpus in Berkeley's course w266.
public enum CanonicalWord {
  /// Returns the canonical form of a word.
  public static func form(of word: String) -> String {
    let lower = word.fullyLowercased()
    return lower.unicodeScalars.contains(where: isLetter) ? lower : withoutDigits(lower)
  }

  /// Returns the form of a word that is in a vocabulary: the lowercased word, else its canonical form, else `<unk>`.
  public static func form(of word: String, in vocabulary: Vocabulary) -> String {
    let lower = word.fullyLowercased()
    if vocabulary.id(of: lower) != nil { return lower }
    let form = form(of: lower)
    return vocabulary.id(of: form) != nil ? form : Vocabulary.unknown
  }

  private static func withoutDigits(_ word: String) -> String {
    var form = ""
    for scalar in word.unicodeScalars {
      if scalar.properties.generalCategory == .decimalNumber {
        form += "DG"
      } else {
        form.unicodeScalars.append(scalar)
      }
    }
    guard form.utf8.starts(with: "DG".utf8) else { return form }
    return String(String.UnicodeScalarView(form.unicodeScalars.filter { $0 != "," }))
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
