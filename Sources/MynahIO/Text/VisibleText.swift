/// A sanitiser for untrusted text, so that it cannot affect a terminal, a page or the surrounding text.
package enum VisibleText {
  /// Returns the text with control characters and invisible characters replaced.
  ///
  /// Control characters become their Unicode control pictures (NUL is ␀). Other invisible characters, and those that
  /// change the direction of the following text, become their code points (U+202E).
  ///
  /// - Parameter keepingLines: A Boolean value indicating whether line feeds and tabs are kept, each after its picture.
  package static func of(_ text: String, keepingLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: result += keepingLines ? "⏎\n" : "⏎"
      case 0x09: result += keepingLines ? "⇥\t" : "⇥"
      case 0x00..<0x20: result.unicodeScalars.append(picture(0x2400 + scalar.value))
      case 0x7F: result += "␡"
      case 0x200C, 0x200D: result.unicodeScalars.append(scalar)  // Required in Persian words and in emoji.
      default:
        if isHidden(scalar) { result += number(of: scalar) } else { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }

  /// Returns the sanitised text escaped for HTML or XML, for use in elements and in quoted attributes.
  package static func escaped(_ text: String, keepingLines: Bool = false) -> String {
    var result = ""
    for scalar in of(text, keepingLines: keepingLines).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: scalar.properties.isNoncharacterCodePoint
    }
  }

  private static func picture(_ value: UInt32) -> Unicode.Scalar { Unicode.Scalar(value) ?? "\u{FFFD}" }

  /// Returns the scalar's code point, such as U+2028.
  private static func number(of scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension String {
  /// The sanitised text on a single line.
  package var visible: String { VisibleText.of(self) }

  /// The text escaped as a cell of a tab-separated table.
  ///
  /// Tabs, line feeds, carriage returns and backslashes become `\t`, `\n`, `\r` and `\\`.
  package var tableCell: String {
    let escapes: [Unicode.Scalar: String] = ["\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"]
    return unicodeScalars.map { escapes[$0] ?? String($0) }.joined()
  }

  /// Returns the first characters, sanitised and on a single line.
  package func excerpt(_ length: Int = 40) -> String {
    let (start, rest) = (unicodeScalars.prefix(length), unicodeScalars.dropFirst(length))
    return String(start).visible + (rest.isEmpty ? "" : "…")
  }

  /// Returns an excerpt in quotation marks.
  package func quoted(_ length: Int = 1000) -> String { "'\(excerpt(length))'" }
}

extension [String] {
  /// Returns the first strings in quotation marks and the number of remaining ones.
  package func quotedList() -> String {
    let shown = prefix(8).map { $0.quoted() }.joined(separator: ", ")
    return count > 8 ? "\(shown) and \(count - 8) more" : shown
  }
}
