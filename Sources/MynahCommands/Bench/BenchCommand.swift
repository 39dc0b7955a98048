import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the speed of this machine, and of mynah on it.",
    discussion: """
      The models have random weights and read random texts: only the time counts.
      """,
    subcommands: [
      BenchPeakCommand.self, BenchTrainCommand.self, BenchGenerateCommand.self, BenchScoreCommand.self,
    ])
}
