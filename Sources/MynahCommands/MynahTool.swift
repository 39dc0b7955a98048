package import ArgumentParser

/// The command `mynah`, whose subcommands are in files of their own.
package struct MynahTool: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "mynah",
    abstract: "Recurrent language models that learn from your own text.",
    discussion: """
      Train, measure, resume and query recurrent language models on an ordinary CPU.

        mynah demo                                 train on a language of known entropy
        mynah train notes.txt                      train on your text
        mynah evaluate notes.safetensors test.txt  measure the perplexity of a text
        mynah generate notes.safetensors "Once"    generate text
        mynah complete notes.safetensors           suggest words while you type
      """,
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, DataCommand.self, PrepareCommand.self, TrainCommand.self, EvaluateCommand.self,
      GenerateCommand.self, CompleteCommand.self, ScoreCommand.self, RescoreCommand.self, PairsCommand.self,
      NeighboursCommand.self, NGramCommand.self, ClassifyCommand.self, MapCommand.self, SurprisalCommand.self,
      ActivationsCommand.self,
      InspectCommand.self, QuantizeCommand.self, ImportCommand.self, ExportCommand.self, ReproduceCommand.self,
      BenchCommand.self,
    ])

  package init() {}
}
