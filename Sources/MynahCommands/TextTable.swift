import MynahIO

/// A table of text, whose first column is aligned to the left and the others, which are figures, to the right.
struct TextTable {
  let titles: [String]
  /// The rows below the titles; each has a cell per title.
  let rows: [[String]]

  /// The table as tab-separated values.
  var tabSeparated: String {
    ([titles] + rows).map { $0.map(\.tableCell).joined(separator: "\t") + "\n" }.joined()
  }

  /// The table with its columns aligned by spaces.
  var aligned: String {
    padded(([titles] + rows).map { $0.map(\.visible) }).map { $0.joined(separator: "  ") + "\n" }.joined()
  }

  /// A table in Markdown.
  var markdown: String {
    var lines = padded(([titles] + rows).map { $0.map { $0.visible.replacing("|", with: "\\|") } })
    lines.insert(
      lines[0].enumerated().map { column, cell in
        String(repeating: "-", count: max(2, cell.count - 1)) + (column == 0 ? "-" : ":")
      }, at: 1)
    return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }

  /// Pads the cells of each column to the widest one.
  private func padded(_ lines: [[String]]) -> [[String]] {
    let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      zip(line.indices, line).map { $0 == 0 ? $1.padding(widths[0]) : $1.leftPadded(widths[$0]) }
    }
  }
}
