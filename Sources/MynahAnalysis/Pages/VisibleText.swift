import Foundation

/// Text of a model or its reader's as it may stand in a page or a picture: nothing in it acts on what surrounds it.
enum VisibleText {
  /// Control characters and their like as something that can be seen, and that HTML and XML allow.
  ///
  /// Controls become the pictures that Unicode has for them (NUL is ␀); others that are invisible, or that turn the direction of
  /// what follows, are written as their number. Line feeds and tabs stay if they are asked for, behind a mark.
  static func of(_ text: String, keepingLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: result += keepingLines ? "⏎\n" : "⏎"
      case 0x09: result += keepingLines ? "⇥\t" : "⇥"
      case 0x00..<0x20: result.unicodeScalars.append(picture(0x2400 + scalar.value))
      case 0x7F: result += "␡"
      case 0x200C, 0x200D: result.unicodeScalars.append(scalar)  // Parts of words in Persian, and of emoji.
      default:
        if isHidden(scalar) { result += scalar.number } else { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }

  /// The same in HTML or XML, within elements and within attributes in quotation marks.
  static func escaped(_ text: String, keepingLines: Bool = false) -> String {
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
}

extension Unicode.Scalar {
  /// U+2028.
  fileprivate var number: String { "U+" + String(format: "%04X", value) }
}
