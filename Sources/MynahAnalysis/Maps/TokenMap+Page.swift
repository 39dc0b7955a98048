import Foundation
import MynahIO

extension TokenMap {
  /// The data for the page's script.
  private struct Contents: Encodable {
    struct Place: Encodable {
      let text: String
      /// The position in a square of side 1, with y pointing down.
      let x, y: Double
      let cluster, count: Int?
      let isHighlighted: Bool
    }
    let tokens: [Place]
  }

  /// Returns the map as a self-contained HTML page that can be searched, moved and magnified.
  ///
  /// Dots are coloured by cluster, if the tokens have clusters, or by frequency: their counts, or else their order.
  public func html() throws -> String {
    let contents = Contents(
      tokens: zip(tokens, places(side: 1)).map { token, place in
        func rounded(_ number: Double) -> Double { (number * 100_000).rounded() / 100_000 }
        return Contents.Place(
          text: token.text.isEmpty ? "(empty)" : token.text.visible, x: rounded(place.x), y: rounded(place.y),
          cluster: token.cluster, count: token.count, isHighlighted: token.isHighlighted)
      })
    return Page(
      title: "Map: \(caption)", style: PackageResources.map_css, script: PackageResources.map_js,
      body: PackageResources.map_html,
      values: ["caption": VisibleText.escaped(caption), "data": try Page.json(contents)]
    ).html
  }
}
