import MynahIO

/// A line of progress on standard error for work that takes longer than a second: redrawn ten times a second on a
/// terminal, else printed every two seconds.
struct ProgressLine {
  let isTerminal = StandardError.isTerminal
  /// A Boolean value indicating whether the line was shown.
  private(set) var wasShown = false
  private let start: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant

  /// Creates the line for work that starts at a given time.
  init(start: ContinuousClock.Instant = .now) { (self.start, lastShown) = (start, start) }

  /// Returns a Boolean value indicating whether the last line is old enough to be replaced.
  func isDue(at time: ContinuousClock.Instant) -> Bool {
    guard isTerminal else { return time - lastShown >= .seconds(2) }
    return time - start >= .seconds(1) && time - lastShown >= .milliseconds(100)
  }

  /// Shows figures with a bar between them and the label, if it has room on the terminal.
  ///
  /// - Parameter share: The share of the work that is done; nil if it is not known.
  mutating func show(
    _ label: String, share: Double?, _ figures: String, at time: ContinuousClock.Instant = .now
  ) {
    lastShown = time
    guard !StandardError.isQuiet else { return }
    wasShown = true
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
    if isTerminal && wasShown { StandardError.write("\r\u{1B}[K") }
  }
}
