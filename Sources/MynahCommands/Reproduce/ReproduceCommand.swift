import ArgumentParser
import MynahTensors
import MynahTraining

/// `mynah reproduce`: a recipe from the data to the verdict.
struct ReproduceCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Run a published recipe and compare its figures with the reference's.",
    discussion: Recipe.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n") + """

      At the end a verdict is printed: whether the figures reach the recipe's goals. Get the data with mynah data get; \
      their SHA-256 is verified.
      """)

  @Argument(
    help: ArgumentHelp("The recipe: \(names).", valueName: "name"), completion: .list(Recipe.all.map(\.name)),
    transform: Self.recipe)
  var recipe: Recipe

  @Option(help: ArgumentHelp("The folder of the data.", valueName: "folder"))
  var data: String?

  @Option(help: "The number of epochs, at most the recipe's. (default: all)")
  var epochs: Int?

  @Option(help: "The seed of the initial weights, the shuffling and the dropout masks.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Write the best model to this file, and the training state to FILE.training.", valueName: "file")
  )
  var output: String?

  @Flag(help: "Resume from the training state of --output.")
  var resume = false

  @Flag(help: "Print the figures of the data and the model and an estimate of the time, without training.")
  var dryRun = false

  @Flag(help: "Print JSON: a line per epoch, then the test perplexity and the verdict.")
  var json = false

  @Flag(help: ArgumentHelp(ProfileFigures.help))
  var profile = false

  @OptionGroup(title: "Logs") var logs: LogOptions
  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  func validate() throws {
    let longest = recipe.training.epochs
    if let epochs, !(1...longest).contains(epochs) {
      throw ValidationError("--epochs must be between 1 and \(longest), found \(epochs)")
    }
    try checkRules()
    if let dataSet = recipe.dataSet, data == nil {
      throw ValidationError(
        "\(recipe.name) needs --data, the folder of its texts; get them with: mynah data get \(dataSet)")
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
      try Interruption.watching { isInterrupted in
        do {
          try reproduction.run(
            output: output, resuming: resume, json: json, profiling: profile, logs: logs, shouldStop: isInterrupted)
        } catch TrainingError.interrupted(let epoch, let step) where output != nil {
          throw CommandError.interrupted(epoch: epoch, step: step)
        }
      }
    }
  }

  private static let names = Recipe.all.map(\.name).joined(separator: ", ")

  private static func recipe(_ name: String) throws -> Recipe {
    guard let recipe = Recipe.named(name) else { throw ValidationError("expected one of \(names)") }
    return recipe
  }
}
