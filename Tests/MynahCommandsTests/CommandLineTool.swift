import Foundation
import TestSupport

/// The `mynah` executable, run as from a shell.
struct CommandLineTool {
  /// The result of a run.
  struct Outcome {
    let status: Int32
    let wasKilled: Bool
    let output: String
    let errors: String

    /// The last line of standard error.
    var lastLine: String { errors.split(separator: "\n").last.map(String.init) ?? "" }

    /// A Boolean value indicating whether the run failed with one sentence after `error: ` and without a crash.
    var isTidy: Bool {
      let traces = [
        "Fatal error", "fatalError", "Stack dump", "crashed", "Segmentation", ".swift:", "Swift.", "Optional(",
      ]
      return !wasKilled && lastLine.hasPrefix("error: ") && lastLine.count > 20
        && !traces.contains { errors.contains($0) }
    }
  }

  /// The temporary folder in which the program runs.
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { folder.path + "/" + name }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String { try folder.write(text.utf8, to: name) }

  /// The names of the files in the folder, without the captured output of the runs.
  func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("std") }.sorted()
  }

  // MARK: Running

  /// Runs the program and waits for it to exit.
  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome { try start(arguments).finish() }

  /// Runs with a limit on file sizes, in blocks of 512 or 1024 bytes depending on the shell.
  func run(_ arguments: [String], fileBlocks: Int) throws -> Outcome {
    try start(
      ["-c", "ulimit -f \(fileBlocks); exec \"$0\" \"$@\"", Self.executable.path(percentEncoded: false)] + arguments,
      executable: URL(filePath: "/bin/sh")
    ).finish()
  }

  /// Runs with a file from the folder as standard input.
  func run(_ arguments: [String], input name: String) throws -> Outcome {
    try start(
      ["-c", "exec \"$0\" \"$@\" < \"\(path(name))\"", Self.executable.path(percentEncoded: false)] + arguments,
      executable: URL(filePath: "/bin/sh")
    ).finish()
  }

  /// Runs with the given standard output.
  func run(_ arguments: [String], output: FileHandle) throws -> Outcome {
    try start(arguments, output: output).finish()
  }

  /// Starts a run with additional environment variables.
  ///
  /// - Parameters:
  ///   - input: The standard input, or nil for an empty one.
  ///   - output: The standard output, which the outcome then does not contain. The same applies to `errors`.
  func start(
    _ arguments: [String], executable: URL? = nil, input: FileHandle? = nil, output: FileHandle? = nil,
    errors: FileHandle? = nil, environment: [String: String] = [:]
  ) throws -> Run {
    let process = Process()
    process.executableURL = try executable ?? Self.checkedExecutable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(filePath: folder.path)
    let streams = try (newStream("stdout"), newStream("stderr"))
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = try output ?? FileHandle(forWritingTo: streams.0)
    process.standardError = try errors ?? FileHandle(forWritingTo: streams.1)
    try process.run()
    return Run(process: process, output: streams.0, errors: streams.1)
  }

  /// Runs until a condition holds, then sends a signal, and returns the outcome.
  ///
  /// On a busy machine, a run may get further than the test wants before the signal is sent; it is then started again.
  ///
  /// - Parameters:
  ///   - isTooLate: Returns whether an outcome shows that the signal was sent too late.
  ///   - reset: Restores the folder for another run.
  func run(
    _ arguments: [String], until isSo: () throws -> Bool, then signal: Int32,
    isTooLate: (Outcome) -> Bool = { $0.status == 0 && !$0.wasKilled }, reset: () throws -> Void
  ) throws -> Outcome {
    var attempts = 0
    while true {
      let run = try start(arguments)
      try run.wait(until: isSo)
      if run.process.isRunning { kill(run.process.processIdentifier, signal) }
      let outcome = try run.finish()
      attempts += 1
      guard attempts < 20 && isTooLate(outcome) else { return outcome }
      try reset()
    }
  }

  private func newStream(_ name: String) throws -> URL {
    URL(filePath: try folder.write([], to: "\(name)-\(UUID().uuidString)"))
  }

  /// A run that may still be in progress.
  struct Run {
    let process: Process
    fileprivate let output: URL, errors: URL

    func finish() throws -> Outcome {
      process.waitUntilExit()
      return Outcome(
        status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
        output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    /// The text written to standard error so far.
    var errorsSoFar: String { (try? Data(contentsOf: errors)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// Waits until a condition holds or the run ends, for at most a minute.
    func wait(until isSo: () throws -> Bool) rethrows {
      let end = Date.now + 60
      while try !isSo() && process.isRunning && Date.now < end { usleep(2000) }
    }
  }

  // MARK: The program

  private struct NotBuilt: Error, CustomStringConvertible {
    var description: String { "mynah is not built beside the tests at \(executable.path(percentEncoded: false))" }
  }

  /// The executable, which is built next to the test bundle.
  static let executable: URL = {
    let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
    let places = ([URL(filePath: CommandLine.arguments[0])] + bundles).map { place in
      place.deletingLastPathComponent().appending(path: "mynah")
    }
    return places.first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) } ?? places[0]
  }()

  private static var checkedExecutable: URL {
    get throws {
      guard FileManager.default.isExecutableFile(atPath: executable.path(percentEncoded: false)) else {
        throw NotBuilt()
      }
      return executable
    }
  }
}
