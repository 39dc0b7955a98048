import Foundation

extension Double {
  /// The number with so many digits behind the point, in the C locale.
  func formatted(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}

extension Duration {
  /// The length in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension String {
  /// The text with spaces before it up to a width.
  func leftPadded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

  /// The text with spaces behind it up to a width.
  func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
