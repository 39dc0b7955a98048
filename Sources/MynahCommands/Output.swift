import Foundation

/// Standard error, for progress, notes, warnings and errors; standard output is reserved for results.
enum StandardError {
  /// A Boolean value indicating whether progress and notes are suppressed.
  @TaskLocal static var isQuiet = false

  /// A Boolean value indicating whether standard error is a terminal, where progress bars can be drawn.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes a text, even with `--quiet`: an error, or figures that a flag requested.
  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// Writes a text that `--quiet` suppresses.
  static func inform(_ text: String) {
    if !isQuiet { write(text) }
  }

  /// Writes a note, which does not affect the results and which `--quiet` suppresses.
  static func note(_ sentence: String) { inform("note: \(sentence)\n") }

  /// Writes a warning about something that affects the results, even with `--quiet`.
  static func warn(_ sentence: String) { write("warning: \(sentence)\n") }
}

/// Standard output, for results.
enum StandardOutput {
  /// A Boolean value indicating whether standard output is a terminal.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Writes a text, unbuffered.
  static func write(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        if errno == EPIPE { throw ClosedPipe() }
        throw OutputError()
      }
    }
  }

  /// Writes a value as one line of JSON, keys in alphabetical order.
  static func writeJSON(_ value: some Encodable) throws {
    try write(String(decoding: try JSONLines.line(value), as: UTF8.self))
  }
}

/// Values as lines of JSON.
enum JSONLines {
  /// Returns a value on one line, with its keys in alphabetical order and a line end.
  static func line(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A perplexity may overflow, and JSON has no infinity.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try encoder.encode(value) + Data("\n".utf8)
  }
}

/// The reader of standard output has exited, as `head` does; this is not reported as an error.
struct ClosedPipe: Error {}

/// An error of writing to standard output.
struct OutputError: CommandFailure {
  var failureCode: FailureCode { .inputOutput }
  var sentence: String { "cannot write to standard output; check that the disk is not full" }
}
