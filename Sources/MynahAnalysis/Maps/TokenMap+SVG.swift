import Foundation
import MynahIO

extension TokenMap {
  /// The map as an SVG image with one dot per token.
  ///
  /// Labels are shown where there is room, first those of highlighted tokens; the others appear when the pointer is over
  /// the dot. The image is self-contained: it loads no external font, style or script. It follows the system's dark
  /// mode.
  public var svg: String {
    let (side, margin, radius, fontSize, headline) = (1200.0, 48.0, 2.6, 13.0, 40.0)
    let places = places(side: side - 2 * margin)
    var labels = LabelPlacement(width: side, height: side, fontSize: fontSize)
    for place in places { labels.add(dotAt: place.x + margin, place.y + margin, radius: radius) }
    var dots = tokens.map { _ in "" }
    // Highlighted tokens get their labels first, and are drawn last, over the others.
    let order = tokens.indices.filter { tokens[$0].isHighlighted } + tokens.indices.filter { !tokens[$0].isHighlighted }
    for index in order {
      let (token, place) = (tokens[index], places[index])
      let (x, y) = (place.x + margin, place.y + margin)
      let text = VisibleText.escaped(token.text.isEmpty ? "(empty)" : token.text)
      var body = token.isHighlighted ? #"<g class="highlighted">"# : "<g>"
      body += #"<title>\#(text)</title><circle cx="\#(x.formatted(1))" cy="\#(y.formatted(1))" r="\#(radius)"/>"#
      let label = labels.place(
        VisibleText.of(token.text), beside: x, y, radius: radius, isRequired: token.isHighlighted)
      if let label, !token.text.isEmpty {
        let anchor = label.anchor == .start ? "" : #" text-anchor="\#(label.anchor.rawValue)""#
        body += #"<text x="\#(label.x.formatted(1))" y="\#(label.y.formatted(1))"\#(anchor)>\#(text)</text>"#
      }
      dots[index] = body + "</g>\n"
    }
    let body = order.reversed().map { dots[$0] }.joined()
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \
      viewBox="0 \((-headline).formatted(0)) \(side.formatted(0)) \((side + headline).formatted(0))" \
      font-family="system-ui, sans-serif" font-size="\(fontSize.formatted(0))">
      <style>
      \(Template(PackageResources.picture_css).text)</style>
      <text class="caption" x="\(margin.formatted(0))" y="0">\(VisibleText.escaped(caption))</text>
      \(body)</svg>

      """
  }

  /// Returns the positions of the tokens in a square, with the same scale on both axes and y pointing up.
  func places(side: Double) -> [(x: Double, y: Double)] {
    let (xs, ys) = (tokens.map { $0.x }, tokens.map { $0.y })
    guard let left = xs.min(), let right = xs.max(), let low = ys.min(), let high = ys.max() else { return [] }
    let extent = max(right - left, high - low)
    let scale = extent > 0 ? side / extent : 0
    return tokens.map {
      (side / 2 + ($0.x - (left + right) / 2) * scale, side / 2 - ($0.y - (low + high) / 2) * scale)
    }
  }
}
