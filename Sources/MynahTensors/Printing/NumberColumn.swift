import Foundation

/// The common format of the elements of a printed tensor: positional or scientific notation, aligned at the decimal
/// point.
///
/// The rules are those of NumPy from version 2.3 on: scientific notation is used if the largest magnitude is at least
/// 10⁶, the smallest nonzero magnitude is below 10⁻⁴, or their ratio exceeds 1000.
struct NumberColumn {
  private let isScientific: Bool
  /// The widths before and after the decimal point.
  private var (left, right) = (0, 0)
  /// The number of digits after the decimal point in scientific notation.
  private var fractionDigits = 0

  /// Chooses the format for some values.
  init(_ values: [Float]) {
    let finite = values.filter(\.isFinite)
    let magnitudes = finite.map(\.magnitude).filter { $0 > 0 }
    let (smallest, largest) = (magnitudes.min() ?? 1, magnitudes.max() ?? 1)
    isScientific = largest >= 1e6 || smallest < 1e-4 || largest / smallest > 1000
    for digits in finite.map(DecimalDigits.init) {
      if isScientific {
        left = max(left, digits.isNegative ? 2 : 1)
        fractionDigits = max(fractionDigits, digits.digits.count - 1)
      } else {
        let parts = digits.positional
        (left, right) = (max(left, parts.integer.count), max(right, parts.fraction.count))
      }
    }
    if isScientific { right = fractionDigits + 4 }
    for value in values where !value.isFinite { left = max(left, value.description.count - right - 1) }
  }

  /// Returns the text of a value, padded to the width of the column.
  func text(_ value: Float) -> String {
    guard value.isFinite else { return padded(value.description, to: left + 1 + right) }
    if isScientific {
      // All elements have as many digits as the longest one, taken from the exact value.
      return padded(String(format: "%#.\(fractionDigits)e", Double(value)), to: left + 1 + right)
    }
    let parts = DecimalDigits(value).positional
    let spaces = String(repeating: " ", count: right - parts.fraction.count)
    return padded(parts.integer, to: left) + "." + parts.fraction + spaces
  }

  private func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
