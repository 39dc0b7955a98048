import ArgumentParser
import Foundation
import MynahIO

extension MynahTool {
  /// Runs the command line and ends the process with its exit code.
  ///
  /// Results go to standard output, everything else to standard error; on failure the last line there begins `error: `.
  ///
  /// - Parameter arguments: The arguments without the program's name.
  package static func run(_ arguments: [String]) -> Never {
    // With these signals ignored, writing to a closed pipe or beyond the file size limit fails with an error.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let launched = LaunchedRank.current
    let output = RankOutput(launched)
    let words = CommandWords(of: MynahTool.self, in: arguments)
    if let unknown = words.unknown {
      output.letFirstRankPrint()
      printError(unknown, .usage, of: words)
      Foundation.exit(FailureCode.usage.rawValue)
    }
    do {
      var command = try parseAsRoot(arguments.map { $0 == "--help-all" ? "--help" : $0 })
      let printError = { (error: any Error) in
        let failure = failure(of: error)
        Self.printError(failure.sentence, failure.code, of: words)
      }
      try InputHint.printing {
        try Ranks.joining(launched, command, output, printError: printError) { try command.runWithMessages() }
      }
      Foundation.exit(0)
    } catch is ClosedPipe {
      Foundation.exit(FailureCode.closedPipe.rawValue)
    } catch let error as PrintedError {
      Foundation.exit(error.code.rawValue)
    } catch {
      let failure = failure(of: error)
      if !(error is any CommandFailure), exitCode(for: error).isSuccess {
        let message = fullMessage(for: error)
        let shortened = (words.command as? any ShortHelp.Type).map { $0.shortHelp(of: message, words.names) }
        print(arguments.contains("--help-all") ? message : shortened ?? message)
        Foundation.exit(0)
      }
      output.letFirstRankPrint()
      printError(failure.sentence, failure.code, of: words)
      Foundation.exit(failure.code.rawValue)
    }
  }

  /// Returns the exit code and the sentence of an error.
  static func failure(of error: any Error) -> (code: FailureCode, sentence: String) {
    switch error {
    case is ClosedPipe: (.closedPipe, "the reader of standard output has exited")
    case let error as any CommandFailure: (error.failureCode, error.sentence)
    default: (exitCode(for: error) == .validationFailure ? .usage : .defect, message(for: error))
    }
  }

  private static func printError(_ message: String, _ code: FailureCode, of words: CommandWords) {
    var line = message.split(whereSeparator: \.isNewline).joined(separator: " ").visible
    if code == .usage {
      let end = line.hasSuffix(".") || line.hasSuffix("?") ? " See" : "; see"
      line += "\(end) 'mynah \(words.help.joined(separator: " "))'"
    }
    StandardError.write("error: \(line)\n")
  }
}

/// The words of a command line that name a command: `classify train`.
private struct CommandWords {
  /// The command's words.
  private(set) var names: [String] = []
  /// The command.
  private(set) var command: any ParsableCommand.Type
  /// The message about a word that is not a command; nil if there is no such word.
  private(set) var unknown: String?

  /// The words of the command line that prints the command's help.
  var help: [String] { ["help"] + names }

  /// Finds the command that the arguments name among the subcommands of a tool; `help COMMAND` names that command too.
  init(of tool: any ParsableCommand.Type, in arguments: [String]) {
    command = tool
    find(arguments.first == "help" ? arguments.dropFirst() : arguments[...], below: tool)
  }

  private mutating func find(_ arguments: ArraySlice<String>, below command: any ParsableCommand.Type) {
    let subcommands = command.configuration.subcommands
    guard let word = arguments.first, !word.hasPrefix("-"), !subcommands.isEmpty, word != "help" else { return }
    let known = subcommands.compactMap { $0.configuration.commandName }
    guard let index = known.firstIndex(of: word) else {
      unknown = Self.message(about: word, in: known)
      return
    }
    names.append(word)
    self.command = subcommands[index]
    find(arguments.dropFirst(), below: subcommands[index])
  }

  private static func message(about word: String, in names: [String]) -> String {
    let nearest = names.map { ($0, word.editDistance(to: $0)) }.min { $0.1 < $1.1 }
    let start = "there is no command '\(word.excerpt())'"
    if let nearest, nearest.1 <= 2 { return start + "; did you mean '\(nearest.0)'?" }
    return start
  }
}

extension String {
  /// Returns the minimum number of insertions, deletions and substitutions that turn the string into another one.
  ///
  /// V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966.
  fileprivate func editDistance(to other: String) -> Int {
    var distances = Array(0...other.count)
    for (row, character) in enumerated() {
      var diagonal = row
      distances[0] = row + 1
      for (column, own) in other.enumerated() {
        let replaced = diagonal + (character == own ? 0 : 1)
        diagonal = distances[column + 1]
        distances[column + 1] = Swift.min(replaced, diagonal + 1, distances[column] + 1)
      }
    }
    return distances[other.count]
  }
}
