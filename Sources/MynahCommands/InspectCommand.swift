import ArgumentParser
import MynahIO
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

struct InspectCommand: ParsableCommand, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show the parts of a model and how it was trained.")

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print the model's tokens, one per line in the order of their ids, a line end as \\n.")
  var vocabulary = false

  @Option(
    help: ArgumentHelp(
      "Write the tokenizer of a model of words or byte pairs to a file, as Hugging Face's tokenizer.json.",
      valueName: "file"), completion: .file(), transform: Bounded.path)
  var tokenizer: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  var rules: [FlagRule] {
    [
      FlagRule("--json", json, excludes: "--vocabulary", vocabulary),
      FlagRule("--json", json, excludes: "--tokenizer", tokenizer != nil),
      FlagRule("--vocabulary", vocabulary, excludes: "--tokenizer", tokenizer != nil),
      FlagRule("--overwrite", overwrite, needs: "--tokenizer", tokenizer != nil),
    ]
  }

  mutating func run() throws {
    let file = try SafetensorsFile(contentsOf: model)
    let content = try ModelFile(file)
    if let tokenizer {
      try write(content.tokenizer, to: tokenizer)
    } else if vocabulary {
      try StandardOutput.write(content.tokenizer.vocabulary.lines())
    } else if json {
      try StandardOutput.writeJSON(Contents(content, training: notes(of: file)))
    } else {
      try StandardOutput.write(inWords(content, training: notes(of: file)))
    }
  }

  /// The notes of a training run; nil, with a warning, if they cannot be decoded, such as those of a
  /// custom optimizer.
  private func notes(of file: SafetensorsFile) -> TrainingNotes? {
    do {
      return try TrainingNotes(file)
    } catch {
      StandardError.warn("how the model was trained is not shown: \(error)")
      return nil
    }
  }

  private func write(_ tokenizer: AnyTokenizer, to path: String) throws {
    guard let text = tokenizer.tokenizerJSON else {
      throw CommandError.noTokenizerJSON(path: model, kind: tokenizer.kind)
    }
    try NewFile.check(path, overwriting: overwrite)
    try NewFile.write(text, to: path)
    let count = tokenizer.vocabulary.count.grouped
    try StandardOutput.write("\(path): \(count) \(tokenizer.tokenNoun), as Hugging Face's tokenizer.json\n")
  }

  /// The description of a model as JSON.
  private struct Contents: Encodable {
    let configuration: LanguageModelConfiguration
    let parameterCount: Int
    let layers: [LayerSummary]
    let tokenizer: String
    let vocabularySize: Int
    let precision: WeightPrecision
    let state: String
    let training: Training?

    struct Training: Encodable {
      let configuration: TrainingConfiguration
      let bestEpoch: Int?
      let history: [EpochLine]
    }

    init(_ file: ModelFile, training: TrainingNotes?) {
      configuration = file.model.configuration
      parameterCount = file.model.parameterCount
      layers = file.model.layers
      tokenizer = file.tokenizer.kind
      vocabularySize = file.tokenizer.vocabulary.count
      precision = file.precision
      state = file.statePolicy.name
      self.training = training.map {
        Training(configuration: $0.configuration, bestEpoch: $0.bestEpoch, history: $0.history.map { EpochLine($0) })
      }
    }
  }

  private func inWords(_ file: ModelFile, training: TrainingNotes?) -> String {
    let vocabulary = file.tokenizer.vocabulary
    let special = [Vocabulary.unknown, Vocabulary.endOfSentence].filter { vocabulary.id(of: $0) != nil }
    let extra = special.isEmpty ? "" : ", including \(special.joined(separator: " and "))"
    var text = """
      \(file.model.summary)

      Its tokens are \(file.tokenizer.tokenNoun); the vocabulary has \(vocabulary.count.grouped)\(extra). Training \
      used \(file.model.configuration.dropout). Its state takes \(stateByteCount(file).grouped) bytes.

      """
    if file.statePolicy != .carry { text += "Its state is \(file.statePolicy.inWords).\n" }
    if file.precision != .float32 { text += "Its matrices are rounded to \(file.precision.rawValue).\n" }
    if let training { text += "\n" + inWords(training) }
    return text
  }

  private func stateByteCount(_ file: ModelFile) -> Int { file.model.initialState(batchSize: 1).byteCount }

  private func inWords(_ training: TrainingNotes) -> String {
    if training.history.isEmpty { return "Untrained: its weights are as they were initialised.\n" }
    let epochs = training.history.map { report in
      let columns = [
        "\(report.epoch)", Double(report.learningRate).brief, report.train.perplexity.asPerplexity,
        report.validation.map { $0.perplexity.asPerplexity } ?? "–",
      ]
      return columns.map { $0.leftPadded(12) }.joined() + (report.epoch == training.bestEpoch ? "  kept" : "")
    }
    let header = ["epoch", "rate", "training", "validation"].map { $0.leftPadded(12) }.joined()
    return """
      Trained with \(training.configuration.inWords)
      Perplexity:
      \(([header] + epochs).joined(separator: "\n"))

      """
  }
}

extension TrainingConfiguration {
  /// The configuration on one line.
  var inWords: String {
    let clips = [clipValue.map { "to ±\($0)" }, clipNorm.map { "to a norm of \($0)" }].compactMap(\.self)
    let update =
      (batchesPerUpdate == 1 ? "" : ", an update after \(batchesPerUpdate) batches")
      + (shards == 1 ? "" : ", batches in \(shards) shards")
    let extras = [
      origin.map { "from the weights of \($0.name.quoted())" },
      vectors.map { "embeddings from \($0.name.quoted())" }, partRates == .equal ? nil : "\(partRates)",
      objective == .full ? nil : "\(objective)", reduction.inWords,
      penalties == .none ? nil : "penalties: \(penalties)",
      patience.map { "ended after \($0) epochs without a lower loss" },
      precision == .float32 ? nil : "products in \(precision.rawValue)",
    ].compactMap { $0.map { ", " + $0 } }
    return "\(optimizer), \(epochs) epoch\(epochs == 1 ? "" : "s") "
      + "in batches of \(batches)\(update), "
      + "learning rate \(learningRate), "
      + "gradients \(clips.isEmpty ? "not clipped" : "clipped \(clips.joined(separator: ", then "))"), seed \(seed)"
      + extras.joined()
  }
}

extension LossReduction {
  /// The reduction in words; nil for the default one.
  fileprivate var inWords: String? {
    switch self {
    case .sumOverSteps: nil
    case .meanPerTarget: "the mean over targets"
    case .sum: "the sum over targets"
    }
  }
}
