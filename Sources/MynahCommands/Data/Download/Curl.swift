import Foundation
import MynahIO

/// A runner of the program `curl`, which writes a file to its standard output.
///
/// Every byte passes through this process, which therefore checks sizes itself and is the only writer of the file.
package struct Curl {
  /// The result of a run.
  struct Outcome {
    /// The exit code, or 128 plus the number of the signal that ended curl.
    let exitCode: Int32
    /// The status of the last response, or 0 without one.
    let status: Int
    /// The announced size of the body.
    let bodySize: Int?
    /// A Boolean value indicating whether the response marks the end of its body by a size or by chunks.
    let marksEnd: Bool
    /// The error message from curl.
    let message: String
  }

  /// An interruption by the user.
  struct Interrupted: Error {}

  /// The environment variables for curl: `PATH`, proxies, certificates.
  let environment: [String: String]
  let isInterrupted: () -> Bool

  /// Runs curl to its end.
  ///
  /// If `receive` throws or the user interrupts, curl is killed.
  ///
  /// - Parameter receive: Called with each piece of the body, in order.
  func run(_ arguments: [String], receive: (RawSpan) throws -> Void) throws -> Outcome {
    let (process, output, report) = (Process(), Pipe(), Pipe())
    // Finds curl in PATH, and exits with 127 if there is none.
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["curl"] + arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = report
    do {
      try process.run()
    } catch {
      return Outcome(exitCode: -1, report: error.localizedDescription)
    }
    do {
      try read(output.fileHandleForReading.fileDescriptor, receive)
    } catch {
      // The child inherits that SIGINT and SIGTERM are ignored while interruptions are watched, so SIGKILL is needed.
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
      throw error
    }
    // The report fits in the pipe's buffer, so curl never blocks while writing it.
    let lines = String(decoding: try report.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    let signal: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
    return Outcome(exitCode: signal + process.terminationStatus, report: lines)
  }

  /// Reads a pipe to its end.
  private func read(_ descriptor: Int32, _ receive: (RawSpan) throws -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      guard !isInterrupted() else { throw Interrupted() }
      var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&state, 1, 50) > 0 else { continue }
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Foundation.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      try unsafe receive(buffer.span.bytes.extracting(..<count))
    }
  }
}

extension Curl {
  /// Returns the arguments that fetch a file, starting at a byte offset.
  ///
  /// - Parameters:
  ///   - start: The number of bytes to skip. curl then writes only bytes that follow these, or fails.
  ///   - limit: The largest size that a response may announce.
  package static func arguments(
    address: String, start: Int, limit: Int, patience: Download.Patience
  ) -> [String] {
    // A redirect must not downgrade from https.
    let protocols = address.lowercased().hasPrefix("https:") ? "=https" : "=http,https"
    return [
      // Ignores ~/.curlrc, so that curl behaves the same everywhere; must be the first argument.
      "--disable",
      "--silent", "--no-buffer", "--fail", "--globoff", "--http1.1", "--user-agent", "mynah",
      "--proto", protocols, "--proto-redir", protocols, "--location", "--max-redirs", "\(redirectLimit)",
      "--connect-timeout", "\(patience.connecting.seconds)",
      "--speed-limit", "1", "--speed-time", "\(patience.silence.components.seconds)",
      "--max-filesize", "\(limit)", "--write-out", report,
    ] + (start > 0 ? ["--continue-at", "\(start)"] : []) + ["--url", address]
  }

  static let redirectLimit = 5

  private static let report =
    "%{stderr}%{response_code}\n%header{content-length}\n%header{transfer-encoding}\n%{errormsg}\n"
}

extension Curl.Outcome {
  /// Parses the output of `--write-out`; any other text is an error message.
  ///
  /// Before version 7.84, curl does not support `%header`, so those lines contain no sizes.
  fileprivate init(exitCode: Int32, report: String) {
    let lines = report.split(separator: "\n", omittingEmptySubsequences: false)
    let status = lines.count > 3 ? Int(lines[0]) : nil
    self.exitCode = exitCode
    self.status = status ?? 0
    bodySize = status == nil ? nil : Int(lines[1])
    marksEnd = bodySize != nil || status != nil && lines[2].lowercased().hasSuffix("chunked")
    let message = status == nil ? report : lines[3...].joined(separator: " ")
    let text = message.trimmingCharacters(in: .whitespacesAndNewlines).excerpt(200)
    self.message = text.isEmpty ? "exit code \(exitCode)" : text
  }
}
