import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahTraining

/// A search whose plan is written.
struct Search {
  let modelPath: String
  private let space: SearchSpace
  private(set) var plan: SearchPlan
  /// The command of each run.
  private let commands: [TrainCommand]
  private let json: Bool

  /// - Throws: `SearchError`, or the error of `mynah train` if it does not accept the plan's words.
  init(_ plan: SearchPlan, at modelPath: String, checkpointEvery: Int?, json: Bool) throws {
    (self.plan, self.modelPath, self.json) = (plan, modelPath, json)
    let space = try SearchSpace(plan.words, searchable: TrainCommand.searchableFlags)
    guard plan.settings.allSatisfy({ $0.count == space.dimensions.count }) else {
      throw SearchError.malformedPlan(path: SearchPlan.path(beside: modelPath))
    }
    self.space = space
    commands = try plan.settings.map { values in
      var command = try TrainCommand.parse(space.words(with: values))
      command.output.checkpointEvery = checkpointEvery
      return command
    }
  }

  /// Returns the path of the model of a run.
  static func path(of run: Int, beside modelPath: String) -> String {
    RunFiles.path(of: "run-\(run)", beside: modelPath)
  }

  /// Trains runs until the end of the search, and writes its results.
  ///
  /// - Throws: `SearchError`, `CommandError.interrupted`, and what training throws, except if a run diverges.
  mutating func run(shouldStop: @escaping @Sendable () -> Bool) throws {
    let halving = plan.halving
    while let (run, rung) = halving.next(after: plan.results) {
      let result = try train(run, rung, shouldStop)
      plan.results.append(result)
      try plan.write(to: SearchPlan.path(beside: modelPath))
      try write(result)
    }
    try finish()
  }

  /// Trains a run up to a rung.
  private func train(
    _ run: Int, _ rung: Int, _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> SuccessiveHalving.Result {
    let (command, path) = (commands[run - 1], Self.path(of: run, beside: modelPath))
    let isResumed = FileKind(at: TrainingFiles.statePath(beside: path)) != nil
    try RunFiles.check(modelPath: path, resuming: isResumed, overwriting: false)
    let epochs = plan.halving.rungs[rung - 1].epochs
    StandardError.inform(
      "run \(run) of \(plan.settings.count) to epoch \(epochs) of \(plan.epochs): "
        + "\(space.inWords(plan.settings[run - 1]))\n")
    let job = try StandardError.$isQuiet.withValue(true) {
      try command.job(at: path, command.optimizer, resuming: isResumed, shouldStop: shouldStop)
    }
    guard job.text.hash == plan.textHash else {
      throw SearchError.otherSetting(
        what: "the text", given: "one with sha256 \(job.text.hash.prefix(8))",
        own: "that with sha256 \(plan.textHash.prefix(8))")
    }
    let isLast = rung == plan.halving.rungs.count
    do {
      let (result, history) = try command.trained(
        job, upTo: isLast ? nil : epochs, writesEpochs: false, shouldStop: shouldStop)
      // A run that was resumed on its own may have more epochs.
      let reached = history.prefix(epochs)
      return SuccessiveHalving.Result(
        run: run, rung: rung, epochs: reached.count, loss: reached.compactMap { $0.validation?.mean }.min(),
        test: result.test)
    } catch TrainingError.diverged(let epoch, _, _, _) {
      return SuccessiveHalving.Result(run: run, rung: rung, epochs: epoch - 1, loss: nil)
    }
  }

  // MARK: Results

  /// A result as a line of JSON.
  private struct ResultLine: Encodable {
    let run, rung, epochs: Int
    /// The lowest validation perplexity; nil: the run diverged.
    let validation: Double?
    let diverged: Bool
    let settings: [String: String]
  }

  /// The summary of a search as a line of JSON.
  private struct SummaryLine: Encodable {
    let model: String
    let run, epochs: Int
    let validation: Double?
    let test: Double?
    let settings: [String: String]
    /// The words of the command that trains the model.
    let command: [String]
  }

  private func settings(of run: Int) -> [String: String] {
    let flags = space.dimensions.map(\.flag)
    return Dictionary(zip(flags, plan.settings[run - 1])) { $1 }
  }

  /// Writes the result of a run.
  private func write(_ result: SuccessiveHalving.Result) throws {
    guard json else {
      return try StandardOutput.write(
        "run \(result.run)  epochs \(result.epochs)  validation perplexity \(result.perplexityInWords)\n")
    }
    try StandardOutput.writeJSON(
      ResultLine(
        run: result.run, rung: result.rung, epochs: result.epochs, validation: result.perplexity,
        diverged: result.loss == nil, settings: settings(of: result.run)))
  }

  /// Copies the best model and writes the table of all runs.
  private func finish() throws {
    let ranking = SuccessiveHalving.ranking(of: plan.results)
    guard let best = ranking.first, best.loss != nil else {
      throw SearchError.allDiverged(count: plan.settings.count)
    }
    let file = try InputFile(path: Self.path(of: best.run, beside: modelPath))
    try AtomicFile.write(file.bytes(0..<file.byteCount), to: modelPath)
    var command = ["mynah", "train"] + space.words(with: plan.settings[best.run - 1])
    // Only texts may follow "--".
    command.insert(contentsOf: ["--output", modelPath], at: command.firstIndex(of: "--") ?? command.endIndex)
    guard !json else {
      return try StandardOutput.writeJSON(
        SummaryLine(
          model: modelPath, run: best.run, epochs: best.epochs, validation: best.perplexity, test: best.test,
          settings: settings(of: best.run), command: command))
    }
    let table = TextTable(
      titles: ["rank", "run"] + space.dimensions.map(\.flag) + ["epochs", "validation perplexity"],
      rows: zip(1..., ranking).map { rank, result in
        ["\(rank)", "\(result.run)"] + plan.settings[result.run - 1]
          + ["\(result.epochs)", result.perplexityInWords]
      })
    let test = best.test.map { ", test perplexity \($0.asPerplexity)" } ?? ""
    try StandardOutput.write(
      """

      \(table.aligned)
      \(modelPath): the model of run \(best.run), validation perplexity \(best.perplexityInWords)\(test)
      \(command.map(\.shellWord).joined(separator: " "))

      """)
  }
}

extension SuccessiveHalving.Result {
  fileprivate var perplexity: Double? { loss.map { exp($0) } }

  fileprivate var perplexityInWords: String { perplexity?.asPerplexity ?? "diverged" }
}

extension TrainCommand {
  /// The flags that may have ranges: those that determine the model and its training, but not the tokens that it
  /// predicts, since losses on different tokens cannot be compared.
  static var searchableFlags: Set<String> {
    get throws {
      let command = try TrainCommand.parse(["text"])
      return Set(command.options(command.optimizer).all.flatMap(\.settings).map(\.flag))
        .subtracting(["--batching", "--maximum-length"])
    }
  }
}

extension String {
  /// The string as a shell word, quoted if necessary.
  package var shellWord: String {
    let plain = utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_./,:=+@%".utf8.contains(byte)
    }
    return plain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
