import MynahIO
import MynahModels

/// The progress of a download on standard error.
final class DownloadProgress {
  private let name: String
  private var line = ProgressLine()
  private var start = ContinuousClock.now
  /// The number of bytes at the start.
  private var first = 0
  private var total: Int?

  /// Creates the progress of a file.
  init(name: String) { self.name = name }

  /// Shows an event.
  func report(_ event: Download.Event) {
    switch event {
    case .started(let byteCount, let total):
      (start, first, self.total) = (.now, byteCount, total)
      if byteCount > 0 { printLine("resuming after \(byteCount.grouped) bytes") }
    case .received(let byteCount): show(byteCount)
    case .retrying(let reason): printLine("\(reason); retrying")
    }
  }

  /// Removes the bar from the terminal.
  func clear() { line.clear() }

  private func printLine(_ text: String) {
    clear()
    StandardError.inform("\(name): \(text)\n")
  }

  private func show(_ byteCount: Int) {
    let now = ContinuousClock.now
    guard line.isDue(at: now) else { return }
    let speed = Double(byteCount - first) / max((now - start).seconds, 1e-9)
    var figures = "\(byteCount.grouped)"
    if let total { figures += "/\(total.grouped)" }
    figures += " bytes  \((speed / 1e6).brief) MB/s"
    if let total { figures += "  ETA \((Double(total - byteCount) / max(speed, 1e-9)).asDuration)" }
    line.show(name, share: total.map { Double(byteCount) / Double($0) }, figures, at: now)
  }
}
