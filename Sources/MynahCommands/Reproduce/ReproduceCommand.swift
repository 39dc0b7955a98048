import ArgumentParser
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// `mynah reproduce`: a reference recipe from beginning to end.
struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Run a reference recipe and set its figures beside the published ones.",
    discussion: """
      ptb: the Penn Treebank (Mikolov's files ptb.train.txt, ptb.valid.txt and ptb.test.txt in --data), an embedding of \
      200, LSTMs of 256 and 128, gradient descent, 15 epochs; its test perplexity in PyTorch is 117.95.
      """)

  /// The recipes, by name.
  enum Recipe: String, ExpressibleByArgument, CaseIterable {
    case ptb
  }

  @Argument(help: "The recipe.")
  var recipe: Recipe

  @Option(help: ArgumentHelp("The folder that holds the data.", valueName: "folder"))
  var data: String

  @Option(help: "Epochs to train, fewer than the recipe's for a quick look. (default: all)")
  var epochs: Int?

  @Option(help: "The seed of the initial weights.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Keep the best model, and beside it the training state, in this file.", valueName: "file"))
  var output: String?

  @Flag(help: "Go on from the training state beside --output.")
  var resume = false

  @Flag(help: "Print the data's and the model's figures instead of training.")
  var dryRun = false

  @Flag(help: "Print JSON: a line an epoch, then the test perplexity.")
  var json = false

  @Flag(help: ArgumentHelp(ProfileFigures.help))
  var profile = false

  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    let longest = PennTreebankRecipe.training.epochs
    if let epochs, !(1...longest).contains(epochs) {
      throw ValidationError("--epochs must lie between 1 and \(longest), found \(epochs)")
    }
    if resume && output == nil { throw ValidationError("--resume needs --output, the model whose training goes on") }
  }

  func run() throws {
    try threads.run {
      let reproduction = try PennTreebankReproduction(
        data: data, seed: seed, epochs: epochs, precision: precision.supported ?? .float32)
      if dryRun { return try reproduction.describe(json: json) }
      try Interruption.watching { wasAsked in
        try reproduction.run(output: output, resuming: resume, json: json, profiling: profile, shouldStop: wasAsked)
      }
    }
  }
}
