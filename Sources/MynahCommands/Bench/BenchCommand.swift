import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast this machine is, and mynah on it.",
    discussion: """
      Models here have random weights and random texts: only the time counts.
      """,
    subcommands: [
      BenchPeakCommand.self, BenchTrainCommand.self, BenchGenerateCommand.self, BenchScoreCommand.self,
    ])
}
