import Foundation

/// Where progress, hints and errors go: results have standard output to themselves.
enum StandardError {
  /// Whether somebody is watching: bars and colours are for terminals only.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// Where results go.
enum StandardOutput {
  /// Writes a text as it is, now.
  static func write(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw OutputError()
    }
  }

  /// Writes a value as one line of JSON, keys in alphabetical order.
  static func writeJSON(_ value: some Encodable) throws {
    try write(String(decoding: try JSONLines.line(value), as: UTF8.self))
  }
}

/// Values as lines of JSON.
enum JSONLines {
  /// A value on one line, keys in alphabetical order, with the line end.
  static func line(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A perplexity may be too large for a number; JSON knows no infinity.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try encoder.encode(value) + Data("\n".utf8)
  }
}

/// Standard output took no more.
struct OutputError: CommandFailure {
  var failureCode: FailureCode { .inputOutput }
  var sentence: String { "standard output cannot be written: its reader is gone or the disk is full" }
}
