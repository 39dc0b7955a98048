import MynahText

/// Simple features of a text, one value per token, that units are compared with.
///
/// A. Karpathy, J. Johnson, L. Fei-Fei, "Visualizing and understanding recurrent networks", 2015, found units that
/// track brackets, quotations and the position in the line.
package struct TextFeatures {
  /// 1 if a bracket, ( [ or {, is open after the token, else 0.
  package private(set) var brackets: [Float] = []
  /// 1 if a quotation is open after the token, else 0.
  package private(set) var quotes: [Float] = []
  /// The number of tokens before the token in its line.
  package private(set) var positions: [Float] = []

  private var line = 0, position: Float = 0
  private var bracketDepth = 0
  private var isQuoted = false

  package init() {}

  /// The features by the names that the page uses.
  package var all: [(name: String, values: [Float])] {
    [("brackets", brackets), ("quotes", quotes), ("position", positions)]
  }

  /// Appends the next token of the text.
  package mutating func append(_ token: PageToken) {
    let (isNewLine, isAfterGap) = (token.token.line != line, token.token.line > line + 1)
    position = isNewLine ? 0 : position + 1
    line = token.token.line
    // An empty line closes everything, so that one unbalanced mark does not change the rest of the text.
    if isAfterGap || isNewLine && token.text == "\n" { (bracketDepth, isQuoted) = (0, false) }
    for scalar in token.text.unicodeScalars {
      switch scalar {
      case "(", "[", "{": bracketDepth += 1
      case ")", "]", "}": bracketDepth = max(0, bracketDepth - 1)
      case "\"": isQuoted.toggle()
      case "“", "«", "„": isQuoted = true
      case "”", "»": isQuoted = false
      default: break
      }
    }
    brackets.append(bracketDepth > 0 ? 1 : 0)
    quotes.append(isQuoted ? 1 : 0)
    positions.append(position)
  }
}
