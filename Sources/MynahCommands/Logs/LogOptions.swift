import ArgumentParser
import MynahText
import MynahTraining

/// What a run writes down besides its progress.
struct LogOptions: ParsableArguments {
  /// How many tokens to write after each epoch, and after which words.
  struct Sample: ExpressibleByArgument {
    let length: Int
    let prompt: String

    /// "40" or "40/Once upon".
    init?(argument: String) {
      let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard let length = Int(parts[0]), (1...1_000_000).contains(length) else { return nil }
      (self.length, prompt) = (length, parts.count > 1 ? String(parts[1]) : "")
    }
  }

  @Option(
    help: ArgumentHelp(
      "Figures of the validation text's predictions for each epoch: accuracy, top5 and the like, with commas between.",
      valueName: "names"),
    transform: Self.metrics)
  var metrics: [Metric] = []

  @Option(
    help: ArgumentHelp("Write event files for TensorBoard, and the tokens' vectors.", valueName: "folder"),
    transform: Bounded.path)
  var tensorboard: String?

  @Option(
    help: ArgumentHelp("Add a line of JSON for each step, epoch and sample to this file.", valueName: "file"),
    transform: Bounded.path)
  var logJson: String?

  @Option(
    help: ArgumentHelp(
      "After each epoch let the model write so many tokens, after a prompt if one is given: 40 or \"40/Once upon\".",
      valueName: "length/prompt"))
  var sampleEveryEpoch: Sample?

  @Sendable private static func metrics(_ text: String) throws -> [Metric] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
      if name == "accuracy" { return .accuracy }
      guard name.hasPrefix("top"), let k = Int(name.dropFirst(3)), (1...16_777_216).contains(k) else {
        throw ValidationError("expected accuracy or top and a number, such as top5, found \(name)")
      }
      return .top(k)
    }
  }

  /// Opens the logs of a run and writes their beginnings.
  ///
  /// - Throws: `FileError` if one cannot be written; `TextError` if the model cannot read the sample's prompt.
  func started(_ run: RunDescription) throws -> RunningLogs {
    if let prompt = sampleEveryEpoch?.prompt { _ = try run.tokenizer.encodePrompt(prompt) }
    var logs: [any RunLog] = []
    if let logJson { logs.append(try JSONLog(path: logJson)) }
    if let tensorboard { logs.append(try TensorBoardLog(directory: tensorboard)) }
    return try RunningLogs(run, logs: logs, sample: sampleEveryEpoch)
  }
}
