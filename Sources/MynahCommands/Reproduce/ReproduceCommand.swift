import ArgumentParser
import MynahTensors
import MynahTraining

/// `mynah reproduce`: a recipe from beginning to end.
struct ReproduceCommand: ParsableCommand, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Run a published recipe and set its figures beside the reference's.",
    discussion: Recipe.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n") + """

      At the end stands a verdict: whether the figures are those that they should be. The data come by mynah data get; that \
      they are the right ones is checked.
      """)

  @Argument(help: ArgumentHelp("The recipe: \(names).", valueName: "name"), transform: Self.recipe)
  var recipe: Recipe

  @Option(help: ArgumentHelp("The folder that holds the data.", valueName: "folder"))
  var data: String?

  @Option(help: "Epochs to train, fewer than the recipe's for a quick look. (default: all)")
  var epochs: Int?

  @Option(help: "The seed of the initial weights, of orders and of masks.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Keep the best model, and beside it the training state, in this file.", valueName: "file"))
  var output: String?

  @Flag(help: "Go on from the training state beside --output.")
  var resume = false

  @Flag(help: "Print the data's and the model's figures and an estimate of the time instead of training.")
  var dryRun = false

  @Flag(help: "Print JSON: a line an epoch, then the test perplexity and the verdict.")
  var json = false

  @Flag(help: ArgumentHelp(ProfileFigures.help))
  var profile = false

  @OptionGroup(title: "Logs") var logs: LogOptions
  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    let longest = recipe.training.epochs
    if let epochs, !(1...longest).contains(epochs) {
      throw ValidationError("--epochs must lie between 1 and \(longest), found \(epochs)")
    }
    try checkRules()
    if let dataSet = recipe.dataSet, data == nil {
      throw ValidationError(
        "\(recipe.name) needs --data, the folder of its texts; get them by: mynah data get \(dataSet)")
    }
  }

  var rules: [FlagRule] {
    let ofRuns = [
      ("--output", output != nil), ("--resume", resume), ("--profile", profile), ("--metrics", !logs.metrics.isEmpty),
      ("--tensorboard", logs.tensorboard != nil), ("--log-json", logs.logJson != nil),
      ("--sample-every-epoch", logs.sampleEveryEpoch != nil),
    ]
    return [
      FlagRule("--resume", resume, needs: "--output", output != nil),
      FlagRule("--data", data != nil, needs: "a recipe with a data set, found \(recipe.name)", recipe.dataSet != nil),
    ] + ofRuns.map { FlagRule($0.0, $0.1, excludes: "--dry-run", dryRun) }
  }

  func run() throws {
    try threads.run {
      let reproduction = try Reproduction(
        recipe, data: data ?? "", seed: seed, epochs: epochs, precision: precision.supported ?? .float32)
      if dryRun { return try reproduction.describe(json: json) }
      try Interruption.watching { wasAsked in
        do {
          try reproduction.run(
            output: output, resuming: resume, json: json, profiling: profile, logs: logs, shouldStop: wasAsked)
        } catch TrainingError.interrupted(let epoch, let step) where output != nil {
          throw CommandError.interrupted(epoch: epoch, step: step)
        }
      }
    }
  }

  private static let names = Recipe.all.map(\.name).joined(separator: ", ")

  private static func recipe(_ name: String) throws -> Recipe {
    guard let recipe = Recipe.named(name) else { throw ValidationError("expected one of \(names), found \(name)") }
    return recipe
  }
}
