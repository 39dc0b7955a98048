import ArgumentParser

/// The flag that suppresses progress and notes.
struct MessageOptions: ParsableArguments {
  @Flag(help: "Print neither progress nor notes on standard error; warnings and errors are still printed.")
  var quiet = false
}

/// A command that prints progress or notes, which `--quiet` suppresses.
protocol CommandWithMessages: ParsableCommand {
  var messages: MessageOptions { get }
}

extension ParsableCommand {
  /// Runs the command without progress and notes if its `--quiet` is given.
  mutating func runWithMessages() throws {
    let isQuiet = (self as? any CommandWithMessages)?.messages.quiet ?? false
    try StandardError.$isQuiet.withValue(isQuiet) { try run() }
  }
}
