import Foundation

/// The commands of `mynah` and their flags, as printed by `--experimental-dump-help`.
struct HelpDump: Decodable {
  struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        let kind: String
        let name: String
      }
      let kind: String
      let names: [Name]?
    }

    let commandName: String
    let subcommands: [Command]?
    let arguments: [Argument]?

    /// The long flags except `--help` and `--version`.
    var flags: Set<String> {
      let names = (arguments ?? []).filter { $0.kind != "positional" }.flatMap { $0.names ?? [] }
      return Set(names.filter { $0.kind == "long" }.map { "--" + $0.name }).subtracting(["--help", "--version"])
    }
  }

  let command: Command

  init(_ tool: CommandLineTool) throws {
    let outcome = try tool.run("--experimental-dump-help")
    self = try JSONDecoder().decode(HelpDump.self, from: Data(outcome.output.utf8))
  }

  private enum CodingKeys: CodingKey { case command }

  init(from decoder: any Decoder) throws {
    command = try decoder.container(keyedBy: CodingKeys.self).decode(Command.self, forKey: .command)
  }

  /// The flags of each command without subcommands, keyed by the command's full name.
  var flags: [String: Set<String>] {
    var result: [String: Set<String>] = [:]
    func add(_ command: Command, _ words: [String]) {
      let subcommands = (command.subcommands ?? []).filter { $0.commandName != "help" }
      if subcommands.isEmpty { result[words.joined(separator: " ")] = command.flags }
      for subcommand in subcommands { add(subcommand, words + [subcommand.commandName]) }
    }
    add(command, [])
    return result
  }
}
