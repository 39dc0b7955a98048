import Foundation
import MynahIO

/// A self-contained HTML page.
///
/// Its content security policy forbids external styles, fonts, scripts and images. The page follows the reader's light
/// or dark mode and adapts to the width of the screen. Markup, styles and scripts are files in `Resources`; Swift only
/// fills in data.
struct Page {
  /// The title of the window.
  var title: String
  /// The CSS rules of this page, in addition to those of all pages.
  var style: [UInt8]
  /// The script, which never contains text from the user.
  var script: [UInt8]
  /// The template of the page's content.
  var body: [UInt8]
  /// The values of the placeholders in `body`, as HTML.
  var values: [String: String]

  /// Returns data for a script element, as JSON in which no text can end the element.
  ///
  /// - Throws: `EncodingError` for numbers that are not finite.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    return text.replacing("<", with: "\\u003c").replacing("&", with: "\\u0026")
  }

  /// The page as HTML.
  var html: String {
    Template(PackageResources.page_html).filled([
      "title": VisibleText.escaped(title), "style": Template(PackageResources.page_css).text + Template(style).text,
      "script": Template(script).text, "body": Template(body).filled(values),
    ])
  }
}

extension PageToken {
  /// The token's text as HTML, with a visible mark for a line end.
  var html: String {
    if text == "\n" { return #"<b class="end">⏎</b>"# + "\n" }
    return VisibleText.escaped(text, keepingLines: true)
  }
}
