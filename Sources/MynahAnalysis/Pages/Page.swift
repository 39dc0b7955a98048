import MynahIO

/// A self-contained page of HTML: its policy forbids styles, fonts, scripts and pictures from elsewhere.
///
/// It follows the reader's light or dark appearance and the width of the screen. Markup, styles and scripts are files in
/// `Resources`; Swift only fills in data.
struct Page {
  /// The title of the window.
  var title: String
  /// The rules in addition to those of all pages.
  var style: [UInt8]
  /// The script, which never contains text of the reader's.
  var script: [UInt8]
  /// The template of the content.
  var body: [UInt8]
  /// The values of the content's placeholders, in HTML.
  var values: [String: String]

  /// The page as a text.
  var html: String {
    Template(PackageResources.page_html).filled([
      "title": VisibleText.escaped(title), "style": Template(PackageResources.page_css).text + Template(style).text,
      "script": Template(script).text, "body": Template(body).filled(values),
    ])
  }
}

extension PageToken {
  /// The token's text in HTML, with a visible mark for a line end.
  var html: String {
    if text == "\n" { return #"<b class="end">⏎</b>"# + "\n" }
    return VisibleText.escaped(text, keepingLines: true)
  }
}
