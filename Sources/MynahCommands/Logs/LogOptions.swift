import ArgumentParser
import MynahText
import MynahTraining

/// The flags of a run's logs.
struct LogOptions: ParsableArguments {
  /// The number of tokens to generate after each epoch, and the prompt.
  struct Sample: ExpressibleByArgument {
    let length: Int
    let prompt: String

    /// Parses a value such as "40" or "40/Once upon".
    init?(argument: String) {
      let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard let length = Int(parts[0]), (1...1_000_000).contains(length) else { return nil }
      (self.length, prompt) = (length, parts.count > 1 ? String(parts[1]) : "")
    }
  }

  @Option(
    help: ArgumentHelp(
      "Metrics on the validation text after each epoch: accuracy, top5 or another top-k, separated by commas.",
      valueName: "names"),
    transform: Self.metrics)
  var metrics: [Metric] = []

  @Option(
    help: ArgumentHelp("Write event files for TensorBoard, and the embeddings.", valueName: "folder"),
    completion: .directory, transform: Bounded.path)
  var tensorboard: String?

  @Option(
    help: ArgumentHelp("Append a line of JSON for each step, epoch and sample to this file.", valueName: "file"),
    completion: .file(), transform: Bounded.path)
  var logJson: String?

  @Option(
    help: ArgumentHelp(
      "Generate this many tokens after each epoch, with an optional prompt: 40 or \"40/Once upon\".",
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

  /// Opens the logs of a run and writes their first entries.
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
