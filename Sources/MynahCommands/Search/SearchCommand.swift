import ArgumentParser
import Foundation
import MynahIO
import MynahTraining

struct SearchCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Search for the best settings of mynah train.",
    discussion: """
      Takes the arguments and flags of mynah train. Flags of the model and of its training may have ranges of numbers \
      or alternatives:

        mynah search notes.txt --learning-rate 0.1..10 --hidden '64|128|256'

      Runs with random settings are trained for a few epochs; the best third of them continue for three times as \
      many, and so on up to all epochs (successive halving). The best model by validation perplexity is copied to the \
      output. Each run is a run of mynah train, at OUTPUT-run-1 and so on; the files of all runs are kept.

      Whole numbers are drawn if both ends are whole. Numbers are drawn on a logarithmic scale if the upper end is at \
      least ten times the lower one.
      """)

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "Texts and flags as for mynah train, with ranges such as 0.1..0.5 and alternatives such as 'lstm|gru'.",
      valueName: "text-or-flag"),
    completion: .file())
  var words: [String]

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The number of runs to begin with. (default: \(defaultRunCount))", valueName: "count"),
    transform: Bounded.integer(1...10_000))
  var runs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Continue one in this many runs, for this many times as many epochs. (default: \(defaultReductionFactor))",
      valueName: "factor"),
    transform: Bounded.integer(2...1000))
  var reductionFactor: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The random seed of the settings; --seed is that of each run. (default: \(defaultSeed))", valueName: "number"),
    transform: Bounded.integer(0...Int.max))
  var searchSeed: Int?

  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  @Flag(help: "Print a line of JSON for each run and rung, and one for the result.")
  var json = false

  private static let (defaultRunCount, defaultReductionFactor, defaultSeed) = (9, 3, 1)

  /// The flags of mynah train that have no effect on a search.
  private static let refused: Set = [
    "--seeds", "--minutes", "--dry-run", "--profile", "--tensorboard", "--log-json", "--sample-every-epoch",
  ]

  func validate() throws {
    let flags = words.map { String($0.prefix { $0 != "=" }) }
    if let flag = flags.first(where: Self.refused.contains) {
      throw ValidationError("\(flag) has no effect on a search; leave it out")
    }
  }

  mutating func run() throws {
    let space = try SearchSpace(words, searchable: TrainCommand.searchableFlags)
    let inputs = try inputs(of: space)
    guard !inputs.contains("-") else {
      throw ValidationError("a search reads its text several times; write standard input to a file")
    }
    let modelPath = try output.modelPath(input: inputs[0])
    let planPath = SearchPlan.path(beside: modelPath)
    if !output.resume {
      try NewFile.check(
        planPath, overwriting: output.overwrite, of: "the plan of a search",
        where: { SearchPlan(ifPlan: $0) != nil }, canResume: true)
    }
    try Interruption.watching { isInterrupted in
      try threads.run {
        let plan: SearchPlan
        if output.resume {
          plan = try SearchPlan(contentsOf: planPath)
          try compare(space, inputs, with: plan)
          try AtomicFile.check(planPath)
          try RunFiles.check(modelPath: modelPath, resuming: false, overwriting: true)
        } else {
          plan = try newPlan(space, modelPath: modelPath, shouldStop: isInterrupted)
          try plan.write(to: planPath)
        }
        var search = try Search(plan, at: modelPath, checkpointEvery: output.checkpointEvery, json: json)
        try search.run(shouldStop: isInterrupted)
      }
    }
  }

  /// Parses the words as arguments of mynah train, with sample values in place of the ranges, and returns the texts.
  ///
  /// - Throws: The error of mynah train, or a `ValidationError` about a flag that cannot have a range.
  private func inputs(of space: SearchSpace) throws -> [String] {
    var inputs: [String] = []
    for values in space.dimensions.isEmpty ? [[]] : space.samples {
      inputs = try TrainCommand.parse(space.words(with: values)).inputs
    }
    let searchable = try TrainCommand.searchableFlags
    if let flag = space.dimensions.map(\.flag).first(where: { !searchable.contains($0) }) {
      throw ValidationError(
        "\(flag) cannot be searched, since runs are compared after the same epochs and on the same tokens; give it a "
          + "single value")
    }
    return inputs
  }

  /// Samples the settings of a new search, and checks them and the files before the first run.
  private func newPlan(
    _ space: SearchSpace, modelPath: String, shouldStop: @escaping @Sendable () -> Bool
  ) throws -> SearchPlan {
    guard !space.dimensions.isEmpty else {
      throw ValidationError(
        "a search needs a flag with a range or alternatives, such as --dropout 0.1..0.5 or --hidden '64|128'")
    }
    let (runCount, seed) = (runs ?? Self.defaultRunCount, searchSeed ?? Self.defaultSeed)
    let settings = space.settings(count: runCount, seed: UInt64(seed))
    if settings.count < runCount {
      StandardError.note("the ranges have \(settings.count) different settings; each of them is tried once")
    }
    let paths = settings.indices.map { Search.path(of: $0 + 1, beside: modelPath) }
    for path in [modelPath] + paths {
      try RunFiles.check(modelPath: path, resuming: false, overwriting: output.overwrite)
    }
    var first: TrainingJob?
    for (values, path) in zip(settings, paths) {
      guard !shouldStop() else { throw CommandError.stopped }
      let job = try job(of: values, space, at: path, isFirst: first == nil, shouldStop)
      first = first ?? job
    }
    guard let first, first.configuration.epochs > 0 else {
      throw ValidationError("a search needs --epochs of at least 1")
    }
    // Remove the runs of a search that is replaced, so that this search never resumes them.
    for path in paths.flatMap({ [$0, TrainingFiles.statePath(beside: $0)] }) where FileKind(at: path) != nil {
      try FileManager.default.removeItem(atPath: path)
    }
    return SearchPlan(
      words: space.words, runCount: runCount, reductionFactor: reductionFactor ?? Self.defaultReductionFactor,
      seed: seed, textHash: first.text.hash, epochs: first.configuration.epochs, settings: settings)
  }

  /// Prepares a run to check its settings; for the first run, prints a description of the text.
  private func job(
    of values: [String], _ space: SearchSpace, at path: String, isFirst: Bool, _ shouldStop: () -> Bool
  ) throws -> TrainingJob {
    let command = try TrainCommand.parse(space.words(with: values))
    do {
      guard isFirst else {
        return try StandardError.$isQuiet.withValue(true) {
          try command.job(at: path, command.optimizer, resuming: false, shouldStop: shouldStop)
        }
      }
      let job = try command.job(at: path, command.optimizer, resuming: false, shouldStop: shouldStop)
      command.printRemarks(about: job)
      StandardError.inform(job.textDescription(of: command.inputs.joined(separator: ", ")))
      return job
    } catch let error as ValidationError {
      throw ValidationError("\(error.message) (found in the run with \(space.inWords(values)))")
    }
  }

  /// Checks that flags have the values of the search that is resumed.
  ///
  /// - Throws: `SearchError.otherSetting`.
  private func compare(_ space: SearchSpace, _ inputs: [String], with plan: SearchPlan) throws {
    let ownSpace = try SearchSpace(plan.words, searchable: TrainCommand.searchableFlags)
    let ownInputs = try self.inputs(of: ownSpace)
    let own = Dictionary(ownSpace.flags(besides: ownInputs).map { ($0.flag, $0.value ?? "on") }) { $1 }
    let texts = (given: inputs.joined(separator: ", "), own: ownInputs.joined(separator: ", "))
    let numbers: [(String, Int?, Int)] = [
      ("--runs", runs, plan.runCount), ("--reduction-factor", reductionFactor, plan.reductionFactor),
      ("--search-seed", searchSeed, plan.seed),
    ]
    let given =
      [(what: "the text", given: texts.given, own: String?.some(texts.own))]
      + numbers.compactMap { flag, given, own in given.map { (flag, "\($0)", "\(own)") } }
      + space.flags(besides: inputs).map { ($0.flag, $0.value ?? "on", own[$0.flag]) }
    for (what, given, own) in given where given != own {
      throw SearchError.otherSetting(what: what, given: given, own: own)
    }
  }
}
