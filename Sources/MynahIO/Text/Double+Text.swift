import Foundation

extension Double {
  /// Returns the number with a fixed number of decimals, in the C locale.
  package func formatted(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }

  /// The number with three significant digits.
  package var brief: String { String(format: "%.3g", self) }
}
