import MynahIO

extension Double {
  /// The number with two decimals, or with three significant digits if it is 10⁶ or more.
  var asPerplexity: String { self < 1e6 ? formatted(2) : brief }

  /// Seconds as 1:23:45, 1:23 or 45 s.
  var asDuration: String {
    let total = Int(min(max(self, 0), 1e9).rounded())
    guard total >= 60 else { return "\(total) s" }
    let clock = [total / 3600, total / 60 % 60, total % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
    let text = (total >= 3600 ? clock : Array(clock.dropFirst())).joined(separator: ":")
    return text.first == "0" ? String(text.dropFirst()) : text
  }
}

extension String {
  /// Returns the text, padded with leading spaces to a width.
  func leftPadded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

  /// Returns the text, padded with trailing spaces to a width.
  func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
