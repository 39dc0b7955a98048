import Foundation
import MynahIO

/// A note that a command waits for input from the terminal.
enum InputHint {
  /// Calls `body`, and prints a note if `body` reads standard input from a terminal.
  static func printing<Result>(_ body: () throws -> Result) rethrows -> Result {
    let flag = Latch()
    let notice = StandardInput.Notice { if flag.set() { show() } }
    return try StandardInput.$notice.withValue(notice) { try body() }
  }

  private static func show() {
    guard isatty(STDIN_FILENO) == 1 else { return }
    StandardError.note("reading standard input from the terminal; end it with Ctrl-D on a line of its own")
  }
}
