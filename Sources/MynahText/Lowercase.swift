extension String {
  /// Returns the text in lowercase by Unicode's full case mapping, with “ς” for a capital sigma at the end of a word.
  ///
  /// The result is that of Python's `lower`; `lowercased()` always writes “σ”. Source: the Unicode standard, section
  /// 3.13, Final_Sigma.
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

  /// Returns a Boolean value indicating whether a letter precedes an index and none follows it, ignoring marks and
  /// apostrophes.
  private static func endsWord(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let behind = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && behind?.properties.isCased != true
  }
}
