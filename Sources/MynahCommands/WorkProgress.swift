import MynahIO
import MynahModels
import MynahText

/// The progress of work of known length, with the estimated time to its end, on standard error.
struct WorkProgress {
  /// The place where progress is shown.
  enum Place {
    /// A terminal.
    case terminal
    /// A terminal, unless results that show the progress themselves are printed on one too.
    case terminalWithoutResults
    /// A terminal, or a line every two seconds if standard error is not one.
    case anywhere
  }

  private let label: String
  private let isShown: Bool
  private let start = ContinuousClock.now
  private var line: ProgressLine

  /// Starts the clock.
  init(_ label: String, on place: Place = .terminal) {
    (self.label, line) = (label, ProgressLine(start: start))
    isShown =
      switch place {
      case .terminal: line.isTerminal
      case .terminalWithoutResults: line.isTerminal && !StandardOutput.isTerminal
      case .anywhere: true
      }
  }

  /// Shows the share of the work that is done.
  ///
  /// - Parameters:
  ///   - share: The share, in 0 ... 1; nil if it is not known.
  ///   - figures: Returns figures to show beside the share, given the seconds since the start.
  mutating func report(_ share: Double?, _ figures: (_ seconds: Double) -> String? = { _ in nil }) {
    let now = ContinuousClock.now
    guard isShown && line.isDue(at: now) else { return }
    let seconds = (now - start).seconds
    let percent = share.map { "\((100 * $0).formatted(1)) %" }
    let rest = share.flatMap { $0 > 0 ? "ETA \((seconds * (1 - $0) / $0).asDuration)" : nil }
    line.show(
      label, share: share, [percent, figures(seconds), rest].compactMap(\.self).joined(separator: "  "), at: now)
  }

  /// Shows the progress of reading a text.
  mutating func report(_ progress: TextProgress) { report(progress.share, tokens: progress.tokenCount) }

  /// Shows the share of a text that was read and the speed.
  mutating func report(_ share: Double?, tokens count: Int) {
    report(share) { "\(Int(Double(count) / max($0, 1e-9)).grouped) tokens/s" }
  }

  /// Removes the line from the terminal.
  func clear() { line.clear() }

  /// Calls `work` with a function that shows the progress of reading a text.
  static func showing<Result>(
    _ label: String, _ work: (_ report: (TextProgress) throws -> Void) throws -> Result
  ) rethrows -> Result {
    var progress = WorkProgress(label)
    defer { progress.clear() }
    return try work { progress.report($0) }
  }
}
