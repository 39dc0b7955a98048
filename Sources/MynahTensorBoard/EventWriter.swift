import Foundation
public import MynahIO
import SwiftProtobuf

/// A writer of event files for TensorBoard: scalars, histograms, texts, and a run's hyperparameters.
///
/// ```swift
/// var events = try EventWriter(directory: "logs/run-1")
/// try events.scalar("loss", 2.5, step: 1)
/// try events.flush()
/// ```
///
/// Events are buffered; unflushed events are lost when the process ends. A folder may contain several event files:
/// TensorBoard reads them in the order of their names, which begin with their creation time.
public struct EventWriter {
  private var file: RecordFile

  /// The event file.
  public var path: String { file.path }

  /// Creates an event file in a folder, which is created if necessary.
  public init(directory: String) throws(FileError) {
    try createFolder(directory)
    let process = ProcessInfo.processInfo
    // The time has ten digits, so that names sort by time; the rest distinguishes files created in the same second.
    let name = [
      "events.out.tfevents", "\(Int(Date.now.timeIntervalSince1970))", process.hostName,
      "\(process.processIdentifier)", UUID().uuidString.prefix(8).lowercased(),
    ].joined(separator: ".")
    file = try RecordFile(path: directory + "/" + name)
    try append(.with { $0.fileVersion = "brain.Event:2" })
  }

  /// Writes the buffered events.
  public mutating func flush() throws(FileError) { try file.flush() }

  /// Marks a restart of the run: TensorBoard discards the events in other files from this step on.
  public mutating func restart(fromStep step: Int) throws(FileError) {
    try append(
      .with {
        $0.step = Int64(step)
        $0.sessionLog = .with { $0.status = .start }
      })
  }

  // MARK: Values

  /// Writes a scalar at a step.
  public mutating func scalar(_ tag: String, _ value: Double, step: Int) throws(FileError) {
    try summary(tag, step: step) { $0.simpleValue = Float(value) }
  }

  /// Writes a histogram of values at a step; non-finite values are excluded.
  public mutating func histogram(_ tag: String, _ numbers: [Float], step: Int) throws(FileError) {
    try summary(tag, step: step) { $0.histo = TBHistogram(numbers) }
  }

  /// Writes a text at a step, which TensorBoard renders as Markdown.
  public mutating func text(_ tag: String, _ text: String, step: Int) throws(FileError) {
    try summary(tag, step: step) {
      $0.metadata.pluginData.pluginName = "text"
      $0.tensor = .with {
        $0.dtype = .string
        $0.tensorShape.dim = [.with { $0.size = 1 }]
        $0.stringVal = [Data(text.utf8)]
      }
    }
  }

  /// Writes an event with one value.
  mutating func summary(
    _ tag: String, step: Int, _ fill: (inout TBSummary.Value) -> Void
  ) throws(FileError) {
    var value = TBSummary.Value()
    value.tag = tag
    fill(&value)
    try append(
      .with {
        $0.step = Int64(step)
        $0.summary.value = [value]
      })
  }

  private mutating func append(_ event: TBEvent) throws(FileError) {
    var event = event
    event.wallTime = Date.now.timeIntervalSince1970
    do {
      try file.append(try event.serializedData())
    } catch let error as FileError {
      throw error
    } catch {
      throw .writeFailed(path: path, reason: "an event cannot be encoded")
    }
  }
}

extension TBHistogram {
  /// Creates a histogram with up to `bucketCount` buckets of equal width between the minimum and the maximum.
  package init(_ numbers: [Float], bucketCount: Int = 30) {
    self.init()
    let finite = numbers.lazy.filter(\.isFinite).map(Double.init)
    guard let least = finite.min(), let greatest = finite.max() else { return }
    (min, max) = (least, greatest)
    let width = (greatest - least) / Double(bucketCount)
    let count = width > 0 ? bucketCount : 1
    bucketLimit = (1...count).map { $0 == count ? greatest : least + Double($0) * width }
    bucket = Array(repeating: 0, count: count)
    for number in finite {
      bucket[width > 0 ? Swift.min(Int((number - least) / width), count - 1) : 0] += 1
      num += 1
      sum += number
      sumSquares += number * number
    }
  }
}
