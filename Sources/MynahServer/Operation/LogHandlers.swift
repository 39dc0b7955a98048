#if Server
import Foundation
import Logging
import MynahIO

/// Writes log messages to standard error, one JSON object per line.
struct JSONLogHandler: LogHandler {
  let label: String
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let members: [(String, JSONValue)] =
      [
        ("time", .string(Date.now.formatted(.iso8601))), ("level", .string(event.level.rawValue)),
        ("message", .string("\(event.message)")),
      ] + fields.map { ($0.key, .string("\($0.value)")) }
    let line = JSONValue.object(members.map { .init(name: $0.0, value: $0.1) }).text + "\n"
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}
#endif
