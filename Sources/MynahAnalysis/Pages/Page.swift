import Foundation
import MynahIO

/// A page of HTML that needs nothing but itself: no style, font, script or picture from elsewhere, which its policy forbids too.
///
/// Light or dark as the reader's system is, wide or narrow as the screen.
struct Page {
  /// What the window is called.
  var title: String
  /// Rules beside those that all pages have.
  var style = ""
  /// What the page does, in its own words; no text of a reader's may stand in it.
  var script = ""
  /// The content, in HTML.
  var body: String

  /// The page as a text.
  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(VisibleText.escaped(title))</title>
    <style>
    \(Self.commonStyle)\(style)</style>
    </head>
    <body>
    \(body)
    <script>
    "use strict";
    \(script)</script>
    </body>
    </html>

    """
  }

  private static let commonStyle = """
    :root { --page: #fdfdfc; --ink: #1d1d22; --quiet: #62626e; --line: #d9d9e0; --panel: #ffffff;
      --warm: 222 84 22; --cool: 38 104 208; --strength: .8; }
    @media (prefers-color-scheme: dark) {
      :root { --page: #17181c; --ink: #ececf0; --quiet: #a2a2ae; --line: #3a3b44; --panel: #23242b;
        --warm: 226 88 34; --cool: 52 120 246; --strength: .75; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 6rem; max-width: 60rem; background: var(--page);
      color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
    h1 { margin: 0; font-size: 1.4rem; line-height: 1.3; }
    .quiet { color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; margin: .2rem 0; }
    .text { margin: 1.2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.75; tab-size: 4; }
    .characters { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .95rem; }
    .text span { border-radius: .2em; unicode-bidi: isolate; }
    .end { opacity: .55; font-size: .8em; font-weight: normal; }
    .bar { display: inline-block; width: min(14rem, 40vw); height: .8em; border-radius: .4em; border: 1px solid var(--line); vertical-align: middle; }
    .scale { display: inline-flex; gap: .5rem; align-items: center; font-size: .85rem; color: var(--quiet); font-variant-numeric: tabular-nums; }

    """
}

extension PageToken {
  /// The token's text in HTML, line ends as marks.
  var html: String {
    if text == "\n" { return #"<b class="end">⏎</b>"# + "\n" }
    return VisibleText.escaped(text, keepingLines: true)
  }
}
