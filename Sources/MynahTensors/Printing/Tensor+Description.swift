extension Tensor: CustomStringConvertible {
  /// The elements in brackets, in aligned columns, as NumPy prints a float32 array.
  ///
  /// ```swift
  /// let x: Tensor = [[1, 2.5], [-3, 0.125]]
  /// print(x)
  /// // [[ 1.     2.5  ]
  /// //  [-3.     0.125]]
  /// ```
  ///
  /// Lines have at most 75 columns. If a tensor has more than 1,000 elements, only the first three and the last three
  /// entries of each axis are printed, with an ellipsis between them. A scalar has no brackets, and a tensor without
  /// elements is `[]`.
  public var description: String {
    if shape.rank == 0 { return "\(scalar)" }
    if shape.elementCount == 0 { return "[]" }
    return TensorText(self).text
  }
}

/// The text of a tensor that has elements and at least one axis.
private struct TensorText {
  /// The number of entries that are printed at each end of an axis of a large tensor.
  private static let edge = 3
  private static let lineWidth = 75

  private let tensor: Tensor
  private let isAbridged: Bool
  private var column = NumberColumn([])

  init(_ tensor: Tensor) {
    self.tensor = tensor
    isAbridged = tensor.shape.elementCount > 1000
    column = NumberColumn(tensor.withSpan { span in printedOffsets(axis: 0, from: 0).map { span[$0] } })
  }

  var text: String { text(axis: 0, from: 0, indent: " ") }

  /// Returns the printed indices of an axis; nil stands for the ellipsis.
  private func indices(_ axis: Int) -> [Int?] {
    let size = tensor.shape[axis]
    guard isAbridged && size > 2 * Self.edge else { return Array(0..<size) }
    return Array(0..<Self.edge) + [nil] + Array(size - Self.edge..<size)
  }

  /// Returns the positions of the printed elements of an entry in the tensor's memory.
  private func printedOffsets(axis: Int, from offset: Int) -> [Int] {
    if axis == tensor.shape.rank { return [offset] }
    return indices(axis).compactMap(\.self).flatMap {
      printedOffsets(axis: axis + 1, from: offset + $0 * tensor.shape.strides[axis])
    }
  }

  /// Returns the text of an entry, whose lines after the first one are indented.
  private func text(axis: Int, from offset: Int, indent: String) -> String {
    let entries = indices(axis).map { index in
      index.map { offset + $0 * tensor.shape.strides[axis] }
    }
    let axesLeft = tensor.shape.rank - axis
    if axesLeft == 1 { return row(entries, indent: indent) }
    let texts = entries.map { $0.map { text(axis: axis + 1, from: $0, indent: indent + " ") } ?? "..." }
    return "[" + texts.joined(separator: String(repeating: "\n", count: axesLeft - 1) + indent) + "]"
  }

  /// Returns the text of a row of elements, wrapped if it does not fit in one line.
  private func row(_ entries: [Int?], indent: String) -> String {
    // Leaves room for the closing brackets, one per axis, after the last row.
    let width = Self.lineWidth - indent.count
    let words = tensor.withSpan { span in entries.map { $0.map { column.text(span[$0]) } ?? "..." } }
    var (text, line) = ("", indent)
    for word in words {
      if line.count + word.count > width && line.count > indent.count {
        text += String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        line = indent
      }
      line += word + " "
    }
    return "[" + (text + line.dropLast()).dropFirst(indent.count) + "]"
  }
}
