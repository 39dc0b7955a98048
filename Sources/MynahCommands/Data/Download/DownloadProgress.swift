import MynahModels

/// The progress of a download on standard error: a bar on a terminal, otherwise a line every two seconds.
final class DownloadProgress {
  private let name: String
  private let isTerminal = StandardError.isTerminal
  private let clock = ContinuousClock()
  private var start = ContinuousClock.now
  private var lastShown = ContinuousClock.now
  /// The number of bytes at the start.
  private var first = 0
  private var total: Int?

  /// Creates the progress of a file.
  init(name: String) { self.name = name }

  /// Shows an event.
  func report(_ event: Download.Event) {
    switch event {
    case .started(let byteCount, let total):
      (start, lastShown, first, self.total) = (clock.now, clock.now, byteCount, total)
      if byteCount > 0 { printLine("resuming after \(byteCount.grouped) bytes") }
    case .received(let byteCount): show(byteCount)
    case .retrying(let reason): printLine("\(reason); retrying")
    }
  }

  /// Removes the bar from the terminal.
  func clear() {
    if isTerminal { StandardError.write("\r\u{1B}[K") }
  }

  private func printLine(_ text: String) {
    clear()
    StandardError.write("\(name): \(text)\n")
  }

  private func show(_ byteCount: Int) {
    let now = clock.now
    guard now - lastShown >= (isTerminal ? .milliseconds(100) : .seconds(2)) else { return }
    lastShown = now
    let speed = Double(byteCount - first) / max((now - start).seconds, 1e-9)
    var figures = "\(byteCount.grouped)"
    if let total { figures += "/\(total.grouped)" }
    figures += " bytes  \((speed / 1e6).brief) MB/s"
    if let total { figures += "  ETA \((Double(total - byteCount) / max(speed, 1e-9)).asDuration)" }
    guard isTerminal else {
      StandardError.write("\(name)  \(figures)\n")
      return
    }
    let width = Terminal.width - name.count - figures.count - 3
    let bar = total.map { width >= 4 ? Terminal.bar(Double(byteCount) / Double($0), width: min(width, 30)) + " " : "" }
    StandardError.write("\r" + String("\(name) \(bar ?? "")\(figures)".prefix(Terminal.width - 1)) + "\u{1B}[K")
  }
}
