/// A line of progress on standard error: redrawn ten times a second on a terminal, else printed every two seconds.
struct ProgressLine {
  let isTerminal = StandardError.isTerminal
  private var lastShown = ContinuousClock.now

  /// Returns a Boolean value indicating whether the last line is old enough to be replaced.
  func isDue(at time: ContinuousClock.Instant) -> Bool {
    time - lastShown >= (isTerminal ? .milliseconds(100) : .seconds(2))
  }

  /// Shows figures with a bar between them and the label, if it has room on the terminal.
  ///
  /// - Parameter share: The share of the work that is done; nil if it is not known.
  mutating func show(
    _ label: String, share: Double?, _ figures: String, at time: ContinuousClock.Instant = .now
  ) {
    lastShown = time
    guard isTerminal else {
      StandardError.write("\(label)  \(figures)\n")
      return
    }
    let room = min(Terminal.width - label.count - figures.count - 3, 30)
    let bar = share.map { room >= 4 ? Terminal.bar($0, width: room) + " " : "" } ?? ""
    StandardError.write("\r" + String("\(label) \(bar)\(figures)".prefix(Terminal.width - 1)) + "\u{1B}[K")
  }

  /// Removes the line from the terminal.
  func clear() {
    if isTerminal { StandardError.write("\r\u{1B}[K") }
  }
}
