/// Finds room for labels beside their points: none covers another one or a point's dot.
struct LabelPlacement {
  /// Where the text begins, ends, or has its middle, as in SVG.
  enum Anchor: String { case start, middle, end }

  /// A label's place.
  struct Label {
    let x, y: Double
    let anchor: Anchor
  }

  private struct Box {
    let left, right, top, bottom: Double
    func overlaps(_ other: Box) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
  }

  private let bounds: Box
  private let fontSize: Double
  /// The labels by cells of the picture, so that each is compared with few.
  private var cells: [Int: [Box]] = [:]

  init(width: Double, height: Double, fontSize: Double) {
    bounds = Box(left: 0, right: width, top: 0, bottom: height)
    self.fontSize = fontSize
  }

  /// Keeps the place of a dot free.
  mutating func add(dotAt x: Double, _ y: Double, radius: Double) {
    insert(Box(left: x - radius, right: x + radius, top: y - radius, bottom: y + radius))
  }

  /// Takes a place at the right, the left, above or below the point; nil if all are taken.
  mutating func place(_ text: String, besides x: Double, _ y: Double, radius: Double) -> Label? {
    let (width, gap) = (Self.width(of: text, fontSize: fontSize), radius + 2)
    let candidates: [(label: Label, left: Double, baseline: Double)] = [
      (Label(x: x + gap, y: y + fontSize * 0.35, anchor: .start), x + gap, y + fontSize * 0.35),
      (Label(x: x - gap, y: y + fontSize * 0.35, anchor: .end), x - gap - width, y + fontSize * 0.35),
      (Label(x: x, y: y - gap, anchor: .middle), x - width / 2, y - gap),
      (Label(x: x, y: y + gap + fontSize * 0.8, anchor: .middle), x - width / 2, y + gap + fontSize * 0.8),
    ]
    for (label, left, baseline) in candidates {
      let box = Box(
        left: left, right: left + width, top: baseline - fontSize * 0.8, bottom: baseline + fontSize * 0.25)
      let isInside =
        box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom
      guard isInside, !cellsOf(box).contains(where: { cells[$0]?.contains { $0.overlaps(box) } ?? false }) else {
        continue
      }
      insert(box)
      return label
    }
    return nil
  }

  private mutating func insert(_ box: Box) {
    for cell in cellsOf(box) { cells[cell, default: []].append(box) }
  }

  private func cellsOf(_ box: Box) -> [Int] {
    let size = 40.0
    func cell(_ place: Double, _ bound: Double) -> Int { Int(max(0, min(place, bound)) / size) }
    let columns = cell(box.left, bounds.right)...cell(max(box.left, box.right), bounds.right)
    let rows = cell(box.top, bounds.bottom)...cell(max(box.top, box.bottom), bounds.bottom)
    return rows.flatMap { row in columns.map { row * 1000 + $0 } }
  }

  /// About how wide a text is: letters of scripts with square ones take as much as the font's size.
  private static func width(of text: String, fontSize: Double) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in sum + fontSize * (scalar.value >= 0x1100 ? 1.05 : 0.58) }
  }
}
