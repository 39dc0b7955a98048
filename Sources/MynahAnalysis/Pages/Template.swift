import MynahIO

/// A text with placeholders such as `{{title}}`.
package struct Template {
  package let text: String

  /// Creates a template from an embedded file.
  package init(_ file: [UInt8]) { text = String(decoding: file, as: UTF8.self) }

  /// Returns the text with each placeholder replaced by its value.
  ///
  /// Placeholders within values are not replaced.
  ///
  /// - Precondition: each placeholder has a value.
  package func filled(_ values: [String: String]) -> String {
    var (result, rest) = ("", text[...])
    while let start = rest.firstRange(of: "{{"), let end = rest[start.upperBound...].firstRange(of: "}}") {
      let name = String(rest[start.upperBound..<end.lowerBound])
      guard let value = values[name] else { requirementFailure("the placeholder '\(name)' has no value") }
      result += rest[..<start.lowerBound] + value
      rest = rest[end.upperBound...]
    }
    return result + rest
  }
}
