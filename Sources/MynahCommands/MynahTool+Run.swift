import ArgumentParser
import Foundation

extension MynahTool {
  /// Runs the command line and ends the process with its exit code.
  ///
  /// Results go to standard output, everything else to standard error; on failure the last line there begins `error: `.
  ///
  /// - Parameter arguments: The arguments without the program's name.
  package static func run(_ arguments: [String]) -> Never {
    // A closed pipe and a file size limit are errors of writing, not reasons to die of a signal.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot(arguments)
      do {
        try command.run()
      } catch let error as any CommandFailure {
        fail(error.sentence, error.failureCode)
      }
      Foundation.exit(0)
    } catch {
      let code = exitCode(for: error)
      guard !code.isSuccess else {
        print(fullMessage(for: error))
        Foundation.exit(0)
      }
      fail(message(for: error), code == .validationFailure ? .usage : .defect)
    }
  }

  private static func fail(_ message: String, _ code: FailureCode) -> Never {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    if code == .usage { StandardError.write("See 'mynah help' and 'mynah help COMMAND'.\n") }
    StandardError.write("error: \(line)\n")
    Foundation.exit(code.rawValue)
  }
}
