import ArgumentParser

struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce", abstract: "Run a reference recipe and set its figures beside the published ones.")
}
