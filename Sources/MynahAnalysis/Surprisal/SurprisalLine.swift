import Foundation
import MynahIO

/// A line of a surprisal page: the text in one column per model, and the curve of its surprisals.
struct SurprisalLine {
  /// The number of the line in the text.
  let number: Int
  private let cssClass: String
  private var columns: [String]
  /// The surprisals of each model in bits; nil for a token that it does not predict.
  private var curves: [[Double?]]

  /// Creates an empty line.
  ///
  /// - Parameter cssClass: The class of the columns.
  init(number: Int, modelCount: Int, cssClass: String) {
    (self.number, self.cssClass) = (number, cssClass)
    (columns, curves) = (Array(repeating: "", count: modelCount), Array(repeating: [], count: modelCount))
  }

  /// Appends a token or word.
  ///
  /// - Parameters:
  ///   - html: The text as HTML.
  ///   - readings: The predictions, one per model.
  ///   - scale: The scale of the colours.
  mutating func append(_ html: String, followsSpace: Bool, _ readings: [SurprisalReading], _ scale: SurprisalScale) {
    let difference = SurprisalScale.difference(readings.map(\.bits))
    for (index, reading) in readings.enumerated() {
      curves[index].append(reading.bits.map { scale.strength(of: $0) })
      var (classes, styles) = ([String](), [String]())
      if reading.unknown != nil { classes.append("unknown") }
      if let bits = reading.bits { styles.append("--a:\(scale.strength(of: bits).formatted(2))") }
      if let difference {
        styles.append("--d:\(abs(difference).formatted(2))")
        if difference < 0 { classes.append("less") }
      }
      let classText = classes.isEmpty ? "" : #" class="\#(classes.joined(separator: " "))""#
      let styleText = styles.isEmpty ? "" : #" style="\#(styles.joined(separator: ";"))""#
      columns[index] += (followsSpace ? " " : "") + "<span\(classText)\(styleText)\(reading.attributes)>\(html)</span>"
    }
  }

  /// The line as HTML.
  func html(_ scale: SurprisalScale) -> String {
    #"<div class="line">"# + columns.map { #"<div class="\#(cssClass)">\#($0)</div>"# }.joined() + curve(scale)
      + "</div>\n"
  }

  /// The curves as an SVG image: one unit of width per token, and a height of 100 for the surprisal at which colours
  /// saturate.
  private func curve(_ scale: SurprisalScale) -> String {
    let width = curves[0].count
    let means = curves.map { curve in
      let bits = curve.compactMap { $0 }
      return bits.isEmpty ? "none" : (scale.fullBits * bits.reduce(0, +) / Double(bits.count)).formatted(2)
    }
    let title = "Line \(number): surprisal per token, drawn up to \(scale.fullBits.formatted(1)) bits"
    let paths = curves.map { #"<path d="\#(Self.path(of: $0))"/>"# }.joined()
    return #"<svg class="curve" style="--n:\#(width)" viewBox="-0.5 -4 \#(max(width, 1)) 108" "#
      + #"preserveAspectRatio="none" role="img"><title>\#(title); mean \#(means.joined(separator: " and "))</title>"#
      + paths + "</svg>"
  }

  /// Returns the path through values of 0 to 1, with a gap at each missing value.
  private static func path(of values: [Double?]) -> String {
    var (path, isOpen) = ("", false)
    for (index, value) in values.enumerated() {
      guard let value else {
        isOpen = false
        continue
      }
      // A zero-length line draws a value without neighbours as a dot.
      let y = (100 * (1 - value)).formatted(0)
      path += isOpen ? "L\(index) \(y)" : "M\(index) \(y)h0"
      isOpen = true
    }
    return path
  }
}
