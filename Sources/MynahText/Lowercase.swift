extension String {
  /// The text in small letters by Unicode's full mapping, with “ς” for a capital sigma that ends a word.
  ///
  /// That is what Python's `lower` gives; `lowercased()` writes “σ” everywhere. Source: the Unicode standard, section 3.13,
  /// Final_Sigma.
  func fullyLowercased() -> String {
    guard unicodeScalars.contains(Self.capitalSigma) else { return lowercased() }
    let scalars = Array(unicodeScalars)
    var result = ""
    for (index, scalar) in scalars.enumerated() {
      if scalar == Self.capitalSigma {
        result += Self.endsWord(scalars, index) ? "ς" : "σ"
      } else {
        result += scalar.properties.lowercaseMapping
      }
    }
    return result
  }

  private static let capitalSigma: Unicode.Scalar = "Σ"

  /// Whether a letter stands before a place and none behind it, marks and apostrophes aside.
  private static func endsWord(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let behind = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && behind?.properties.isCased != true
  }
}
