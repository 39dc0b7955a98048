import Foundation

/// The terminal that standard error goes to.
enum Terminal {
  /// Its width in columns.
  static var width: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Returns a bar of a number of columns, filled to a share.
  static func bar(_ share: Double, width: Int) -> String {
    let filled = Int(Double(width) * min(max(share, 0), 1))
    return String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
  }
}
