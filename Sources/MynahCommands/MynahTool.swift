package import ArgumentParser

/// The command `mynah`, whose subcommands are in files of their own.
package struct MynahTool: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "mynah",
    abstract: "Recurrent language models that learn from your own text.",
    discussion: """
      Train, evaluate and run recurrent language models on an ordinary CPU.

        mynah demo                                 train on a small grammar
        mynah train notes.txt                      train on your text
        mynah evaluate notes.safetensors test.txt  measure its perplexity
        mynah generate notes.safetensors "Once"    generate text
        mynah complete notes.safetensors           complete words as you type
      """,
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, DataCommand.self, PrepareCommand.self, TrainCommand.self, SearchCommand.self,
      EvaluateCommand.self, CompareCommand.self, GenerateCommand.self, CompleteCommand.self, ScoreCommand.self,
      RescoreCommand.self,
      PairsCommand.self, SyntaxGymCommand.self, NeighboursCommand.self, NGramCommand.self, ClassifyCommand.self,
      MapCommand.self, SurprisalCommand.self, ActivationsCommand.self, InspectCommand.self, QuantizeCommand.self,
      PruneCommand.self, ImportCommand.self, ExportCommand.self, ServeCommand.self, ReproduceCommand.self,
      BenchCommand.self,
    ])

  package init() {}
}
