import Foundation

extension Double {
  /// The number with so many digits behind the point, in the C locale.
  func formatted(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}

extension Duration {
  /// The length in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
