/// Places labels next to their points so that no label overlaps another label or a dot.
struct LabelPlacement {
  /// The SVG text anchor: the part of the text that is aligned to the position.
  enum Anchor: String { case start, middle, end }

  /// The position of a label.
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
  /// The occupied boxes by grid cell of the image, so that each new box is compared with only a few.
  private var cells: [Int: [Box]] = [:]

  init(width: Double, height: Double, fontSize: Double) {
    bounds = Box(left: 0, right: width, top: 0, bottom: height)
    self.fontSize = fontSize
  }

  /// Reserves the area of a dot.
  mutating func add(dotAt x: Double, _ y: Double, radius: Double) {
    insert(Box(left: x - radius, right: x + radius, top: y - radius, bottom: y + radius))
  }

  /// Reserves and returns a free position to the right of, to the left of, above or below the point.
  ///
  /// If none is free, returns the first position for a required label, otherwise nil.
  mutating func place(
    _ text: String, beside x: Double, _ y: Double, radius: Double, isRequired: Bool = false
  ) -> Label? {
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
    return isRequired ? candidates[0].label : nil
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

  /// Returns the approximate width of a text.
  ///
  /// Full-width scripts take about the font size per character.
  private static func width(of text: String, fontSize: Double) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in sum + fontSize * (scalar.value >= 0x1100 ? 1.05 : 0.58) }
  }
}
