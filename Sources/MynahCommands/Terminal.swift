import Foundation

/// The terminal that standard error goes to.
enum Terminal {
  /// Its width in columns.
  static var width: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// A bar of so many columns, filled to a share.
  static func bar(_ share: Double, width: Int) -> String {
    let filled = Int(Double(width) * min(max(share, 0), 1))
    return String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
  }
}

/// Numbers as people read them.
enum Figure {
  /// Three digits or so.
  static func short(_ value: Double) -> String { String(format: "%.3g", value) }

  /// So many decimals.
  static func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }

  /// A perplexity with two decimals.
  static func perplexity(_ value: Double) -> String { value < 1e6 ? String(format: "%.2f", value) : short(value) }

  /// Seconds as 1:23:45, 1:23 or 45 s.
  static func duration(_ seconds: Double) -> String {
    let total = Int(min(max(seconds, 0), 1e9).rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if total < 60 { return "\(total) s" }
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(total % 60))" : "\(minutes):\(two(total % 60))"
  }
}
