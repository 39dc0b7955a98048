import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

struct TrainCommand: ShortHelp, ConditionalFlags, CommandWithMessages, CommandOfRanks {
  static let commonFlags: Set = [
    "--output", "--resume", "--overwrite", "--tokenizer", "--minimum-count", "--hidden", "--cell", "--dropout",
    "--sequence-length", "--epochs", "--optimizer", "--learning-rate", "--seed", "--threads",
  ]

  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a language model on a text.",
    discussion: """
      All flags have defaults, which depend on the text's size, so this is enough:

        mynah train notes.txt

      The last tenth of a single file is the validation text; the model of the epoch with the lowest validation \
      perplexity is kept. That perplexity is the one that mynah evaluate prints. --resume continues an interrupted \
      run; the resulting model is the same, byte for byte.
      """)

  @Argument(
    help: """
      Text files; or a folder of texts, or of files with train, valid (or dev, or val) and test in their names; or a \
      file from mynah prepare.
      """,
    completion: .file())
  var inputs: [String]

  @OptionGroup(title: "Validation") var validation: ValidationOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Tokens") var tokens: TokenizerOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Batches") var batches: BatchOptions
  @OptionGroup(title: "Training") var optimizer: OptimizerOptions
  @OptionGroup(title: "Learning rate") var schedule: ScheduleOptions
  @OptionGroup(title: "Loss") var loss: LossOptions
  @OptionGroup(title: "Fine-tuning") var fineTuning: FineTuningOptions
  @OptionGroup(title: "Logs") var logs: LogOptions
  @OptionGroup(title: "Ranks") var ranks: RankOptions
  @OptionGroup(title: "Ranks") var distributed: RankTrainingOptions
  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  @Option(
    help: ArgumentHelp(
      "Train a model with each of these seeds, such as 1..5, at OUTPUT-seed-1 and so on, and print the mean and "
        + "standard deviation of their perplexities.",
      valueName: "first..last"))
  var seeds: SeedRange?

  @Flag(
    help: """
      Print what would be trained, with estimates of the memory and, from some timed steps, of the time; nothing is \
      written.
      """)
  var dryRun = false

  @Flag(help: ArgumentHelp(ProfileFigures.help))
  var profile = false

  @Flag(help: "Print a line of JSON for each epoch and one for the whole run.")
  var json = false

  var rules: [FlagRule] {
    [
      FlagRule("--reschedule", schedule.reschedule, needs: "--resume", output.resume),
      FlagRule("--reschedule", schedule.reschedule, needs: "--epochs", optimizer.epochs != nil),
      FlagRule("--tokenizer", tokens.choice != nil, excludes: "--init-from", isFineTuned),
      FlagRule(
        "--minimum-count", tokens.minimumCount != nil, excludes: "--init-from without --extend-vocabulary",
        isFineTuned && !fineTuning.extendVocabulary),
      FlagRule(
        "--vocabulary", tokens.vocabulary != nil, excludes: "--init-from without --extend-vocabulary",
        isFineTuned && !fineTuning.extendVocabulary),
      FlagRule("--seed", optimizer.seed != nil, excludes: "--seeds", seeds != nil),
      FlagRule("--tensorboard", logs.tensorboard != nil, excludes: "--seeds", seeds != nil),
      FlagRule("--log-json", logs.logJson != nil, excludes: "--seeds", seeds != nil),
      FlagRule("--seeds", seeds != nil, excludes: "a text from standard input", inputs.contains("-")),
      FlagRule("--minutes", optimizer.minutes != nil, excludes: "--epochs", optimizer.epochs != nil),
      FlagRule(
        "--minutes", optimizer.minutes != nil, excludes: "--resume, which continues the plan", output.resume),
      FlagRule("--minutes", optimizer.minutes != nil, excludes: "several ranks", LaunchedRank.current != nil),
      FlagRule("--dry-run", dryRun, excludes: "several ranks", LaunchedRank.current != nil),
    ] + fineTuning.rules(resuming: output.resume) + dryRunRules
  }

  private var distribution: TrainingJob.Distribution {
    TrainingJob.Distribution(
      communicator: Ranks.communicator, shares: distributed.shares, roundsGradients: distributed.roundsGradients)
  }

  /// The rules of the flags for output during a run.
  private var dryRunRules: [FlagRule] {
    [
      ("--checkpoint-every", output.checkpointEvery != nil), ("--profile", profile),
      ("--metrics", !logs.metrics.isEmpty), ("--tensorboard", logs.tensorboard != nil),
      ("--log-json", logs.logJson != nil), ("--sample-every-epoch", logs.sampleEveryEpoch != nil),
    ].map { FlagRule($0, $1, excludes: "--dry-run", dryRun) }
  }

  /// The planner of a run with `--minutes`, starting now; nil without the flag.
  private var planning: RunPlanning? {
    optimizer.minutes.map { RunPlanning(minutes: Double($0), start: .now, triesOthers: !dryRun) }
  }

  private var isFineTuned: Bool { fineTuning.initFrom != nil }

  mutating func run() throws {
    try Interruption.watching { isInterrupted in
      try threads.run { try train(shouldStop: isInterrupted) }
    }
  }

  private func train(shouldStop: @escaping @Sendable () -> Bool) throws {
    let modelPath = try output.modelPath(input: inputs[0])
    if Ranks.communicator.rankCount > 1 && inputs.contains("-") { throw RankError.standardInput }
    guard let seeds = seeds?.seeds else {
      try output.check(modelPath: modelPath)
      if dryRun { return try describe(at: modelPath, optimizer, resuming: output.resume, runCount: 1, shouldStop) }
      let result = try trained(at: modelPath, optimizer, resuming: output.resume, shouldStop)
      return try result.write(json: json)
    }
    let runs = try seeds.map { seed in
      var optimizer = optimizer
      optimizer.seed = seed
      let path = SeedRange.path(of: seed, beside: modelPath)
      // If a set of runs was interrupted, the runs after the interrupted one have not started.
      let isResumed = output.resume && FileKind(at: TrainingFiles.statePath(beside: path)) != nil
      try RunFiles.check(modelPath: path, resuming: isResumed, overwriting: output.overwrite)
      return (path: path, optimizer: optimizer, isResumed: isResumed)
    }
    guard !output.resume || runs.contains(where: \.isResumed) else {
      throw CommandError.nothingToResume(path: TrainingFiles.statePath(beside: runs[0].path))
    }
    if dryRun {
      let run = runs.first { !$0.isResumed } ?? runs[0]
      return try describe(at: run.path, run.optimizer, resuming: run.isResumed, runCount: runs.count, shouldStop)
    }
    let results = try runs.map { run in
      let result = try trained(at: run.path, run.optimizer, resuming: run.isResumed, shouldStop)
      try result.write(json: json)
      return result
    }
    try SeedSummary(seeds, results).write(json: json)
  }

  /// The flags that determine a run.
  func options(_ optimizer: OptimizerOptions) -> TrainingOptions {
    TrainingOptions(
      model: model, batches: batches, optimizer: optimizer, schedule: schedule, loss: loss, precision: precision,
      fineTuning: fineTuning)
  }

  /// Prepares a run.
  func job(
    at modelPath: String, _ optimizer: OptimizerOptions, resuming: Bool, _ planning: RunPlanning? = nil,
    shouldStop: () -> Bool
  ) throws -> TrainingJob {
    var optimizer = optimizer
    let rankCount = Ranks.communicator.rankCount
    if rankCount > 1 && optimizer.shards == nil && !resuming {
      optimizer.shards = rankCount
      StandardError.note("each batch is computed in \(rankCount) shards, one for each rank; --shards sets their number")
    }
    let job = try TrainingJob(
      inputs: inputs, validation, modelPath: modelPath, resuming: resuming, tokens: tokens,
      options: options(optimizer), planning: planning, shouldStop: shouldStop)
    try compareRanks(job, resuming: resuming)
    return job
  }

  /// Prints the plan of a run and the remarks about its text.
  func printRemarks(about job: TrainingJob) {
    if let plan = job.plan, let minutes = optimizer.minutes {
      StandardError.inform(plan.inWords(minutes: Double(minutes), noun: job.tokenizer.countedNoun))
      if dryRun && plan.leavesTimeForTrials && fineTuning.startsFromRandomWeights {
        StandardError.note("the run itself tries other settings first, in the time that is left")
      }
    }
    for remark in job.text.remarks { StandardError.note(remark) }
    if let warning = job.unknownWarning(isFineTuned: isFineTuned) { StandardError.warn(warning) }
  }

  /// Checks that all ranks prepared the same run.
  private func compareRanks(_ job: TrainingJob, resuming: Bool) throws {
    guard Ranks.communicator.rankCount > 1 else { return }
    var facts = RankFacts(instructionSet: !distributed.allowMixed)
    facts.add("the text", job.text.hash)
    if let test = job.text.test { facts.add("the test text", SHA256.hexadecimal(of: Array(test.utf8))) }
    if resuming { facts.add(fileAt: TrainingFiles.statePath(beside: job.files.modelPath)) }
    try facts.add("the training", job.configuration)
    try facts.add("the model", job.model.configuration)
    facts.add("--checkpoint-every", "\(output.checkpointInterval)")
    facts.add("--metrics", logs.metrics.map(\.name).joined(separator: ","))
    facts.add("--shares", "\(distribution.shares ?? [])")
    facts.add("--compress", "\(distribution.roundsGradients)")
    try facts.compare(over: Ranks.communicator)
  }

  /// Prints the figures of a dry run.
  private func describe(
    at modelPath: String, _ optimizer: OptimizerOptions, resuming: Bool, runCount: Int, _ shouldStop: () -> Bool
  ) throws {
    let job = try job(at: modelPath, optimizer, resuming: resuming, planning, shouldStop: shouldStop)
    printRemarks(about: job)
    let run = try DryRun(job, at: modelPath, runCount: runCount, shouldStop: shouldStop)
    guard !json else { return try StandardOutput.writeJSON(run) }
    try StandardOutput.write(
      job.description(of: inputs.joined(separator: ", ")) + run.inWords(job.model, threadCount: threads.count))
  }

  /// Prepares a run, trains its model and returns its figures.
  private func trained(
    at modelPath: String, _ optimizer: OptimizerOptions, resuming: Bool, _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> TrainingResult {
    let planning = planning
    let job = try job(at: modelPath, optimizer, resuming: resuming, planning, shouldStop: shouldStop)
    printRemarks(about: job)
    StandardError.inform(job.description(of: inputs.joined(separator: ", ")))
    return try trained(job, planning, shouldStop: shouldStop).result
  }

  /// Trains the model of a run and returns its figures.
  ///
  /// - Parameters:
  ///   - lastEpoch: The epoch after which the run pauses; nil: it is trained to its end, and its model is tested.
  ///   - writesEpochs: A Boolean value indicating whether each epoch's figures are written to standard output.
  /// - Returns: The figures, and the reports of all epochs.
  func trained(
    _ job: TrainingJob, _ planning: RunPlanning? = nil, upTo lastEpoch: Int? = nil, writesEpochs: Bool = true,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> (result: TrainingResult, history: [EpochReport]) {
    let recorder =
      profile ? ProfileRecorder(job.model, job.configuration.objective, tokensPerStep: job.tokensPerStep) : nil
    var progress = TrainingProgress(job, json: json, recorder: recorder, writesEpochs: writesEpochs)
    var running =
      try Ranks.isFirst ? logs.started(job.runDescription) : RunningLogs(job.runDescription, logs: [], sample: nil)
    let trained: (model: LanguageModel, history: [EpochReport])
    do {
      trained = try job.run(
        checkpointInterval: output.checkpointInterval, metrics: logs.metrics, profile: recorder?.profile,
        distribution: distribution, timer: job.plan.flatMap { planning?.timer(of: $0, job.text) },
        upTo: lastEpoch, shouldStop: shouldStop,
        report: {
          try progress.report($0)
          try running.report($0)
        })
    } catch {
      progress.clear()
      if case .interrupted(let epoch, let step) = error as? TrainingError {
        throw CommandError.interrupted(epoch: epoch, step: step)
      }
      throw error
    }
    let test = try (lastEpoch == nil ? job.text.test : nil).map { text in
      try WorkProgress.showing("testing") {
        try trained.model.perplexity(
          of: text, tokenizer: job.tokenizer, policy: job.configuration.batches.statePolicy, sharing: Ranks.sharing,
          report: $0
        ).perplexity
      }
    }
    let result = TrainingResult(trained.model, at: job.files.modelPath, history: trained.history, test: test)
    try running.finish(result, model: trained.model)
    return (result, trained.history)
  }
}
