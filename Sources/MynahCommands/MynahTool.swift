package import ArgumentParser

/// The command `mynah`: its subcommands do the work, one file each.
package struct MynahTool: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "mynah",
    abstract: "Recurrent language models that learn from your own text.",
    discussion: """
      Train, measure, resume and query recurrent language models on an ordinary CPU.

        mynah demo                                 learn a language of known entropy
        mynah train notes.txt                      learn your text
        mynah evaluate notes.safetensors test.txt  measure how well it predicts
        mynah generate notes.safetensors "Once"    let it write
      """,
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, DataCommand.self, PrepareCommand.self, TrainCommand.self, EvaluateCommand.self,
      GenerateCommand.self, ScoreCommand.self, PairsCommand.self, NeighboursCommand.self, ClassifyCommand.self,
      InspectCommand.self,
      QuantizeCommand.self, ImportCommand.self, ReproduceCommand.self,
      BenchCommand.self,
    ])

  package init() {}
}
