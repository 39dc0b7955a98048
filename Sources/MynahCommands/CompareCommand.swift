import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah compare`: several models on the same text.
struct CompareCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare the perplexities of several models on a text.",
    discussion: """
      Models come before --, texts after it. Each model is compared with the first one: the ratio of the perplexities \
      per word, with its 95 % interval by a paired bootstrap over lines. If it does not contain 1, the difference is \
      likely to hold for similar texts too.

        mynah compare small.safetensors large.safetensors -- test.txt

      --ensemble adds the mean of the models' probabilities, which predicts better than most of the models alone.
      """)

  // ArgumentParser rejects two array arguments in debug builds, so one array holds the models and the texts.
  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "Model files that mynah train wrote, the baseline first; then --, and text files, which count as one "
        + "text.",
      valueName: "model-or-text"),
    completion: .file())
  var words: [String]

  private var models: [String] { Array(words.prefix { $0 != "--" }) }
  private var texts: [String] { Array(words.drop { $0 != "--" }.dropFirst()) }

  @Flag(help: "Add a row for the mean of all models' probabilities; the models must have the same tokens.")
  var ensemble = false

  @Flag(help: "Print tab-separated columns.")
  var tsv = false

  @Flag(help: "Print a table in Markdown.")
  var markdown = false

  @Flag(help: "Print a JSON object for each model.")
  var json = false

  @OptionGroup var state: StateOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    [
      FlagRule("--tsv", tsv, excludes: "--json", json), FlagRule("--markdown", markdown, excludes: "--json", json),
      FlagRule("--markdown", markdown, excludes: "--tsv", tsv),
    ]
  }

  func validate() throws {
    try checkRules()
    if let flag = models.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
      throw ValidationError("Unknown option '\(flag)'")
    }
    if models.count < 2 || texts.isEmpty {
      throw ValidationError(
        "expected at least two models, --, and a text, found \(models.count) models and \(texts.count) texts: "
          + "mynah compare A B -- TEXT")
    }
  }

  mutating func run() throws { try threads.run { try compare() } }

  private func compare() throws {
    // Standard input can be read once.
    let files = try texts.map { (path: $0, bytes: try TextFile.bytes(at: $0)) }
    var (rows, parts): ([Row], [any Predictor]) = ([], [])
    var first: (tokenizer: AnyTokenizer, policy: StatePolicy)?
    for path in models {
      let file = try ModelFile(contentsOf: path)
      let (tokenizer, policy) = (file.tokenizer, state.policy(of: file))
      let text = try Self.text(files, tokenizer.invalidBytes)
      let network = NeuralPredictor(InferenceModel(file.model, precision: file.precision))
      let measurement = try WorkProgress.showing(path) {
        try ModelMeasurement(of: text, network, tokenizer: tokenizer, policy: policy, report: $0)
      }
      rows.append(
        Row(path: path, tokenizer: tokenizer, parameterCount: file.model.parameterCount, measurement: measurement))
      guard ensemble else { continue }
      parts.append(try MixedModel.predictor(file, path: path, tokenizer: first?.tokenizer ?? tokenizer))
      first = first ?? (tokenizer, policy)
    }
    if let first {
      let text = try Self.text(files, first.tokenizer.invalidBytes)
      let measurement = try WorkProgress.showing("ensemble") {
        try ModelMeasurement(
          of: text, MixturePredictor(parts), tokenizer: first.tokenizer, policy: first.policy, report: $0)
      }
      rows.append(
        Row(
          path: "ensemble", tokenizer: first.tokenizer, parameterCount: rows.reduce(0) { $0 + $1.parameterCount },
          measurement: measurement))
    }
    try write(rows)
    for note in Self.notes(rows) { StandardError.note(note) }
  }

  /// Returns the concatenated texts, with a line end after each.
  private static func text(_ files: [(path: String, bytes: [UInt8])], _ invalidBytes: InvalidBytes) throws -> String {
    try files.map { file in
      let bytes = try TextFile.normalized(file.bytes, of: file.path, invalidBytes: invalidBytes)
      let text = String(decoding: bytes, as: UTF8.self)
      guard !text.isBlank else { throw FileError.emptyText(path: file.path) }
      return text.hasSuffix("\n") ? text : text + "\n"
    }.joined()
  }

  private struct Row {
    let path: String
    let tokenizer: AnyTokenizer
    let parameterCount: Int
    let measurement: ModelMeasurement
  }

  /// Returns notes about figures that cannot be compared.
  private static func notes(_ rows: [Row]) -> [String] {
    var notes: [String] = []
    if Set(rows.map(\.tokenizer)).count > 1 {
      notes.append("the models have different tokens: compare the perplexities per word or per byte, not per token")
    }
    let shares = rows.map(\.measurement.unknownShare)
    if let least = shares.min(), let most = shares.max(), least != most {
      notes.append(
        "the models read \((100 * least).brief) to \((100 * most).brief) % of their tokens as <unk>, whose letters are "
          + "not predicted: all perplexities favour models with smaller vocabularies")
    }
    return notes
  }

  // MARK: Output

  private struct Figures: Encodable {
    let model: String
    let parameterCount, tokenCount, unknownCount: Int
    let perplexity: Double
    let perplexityWithoutUnknown: Double?
    let wordPerplexity, bytePerplexity: Double
    /// The perplexity per word divided by that of the first model, with its 95 % interval; nil for the first model.
    let ratio, ratioLow, ratioHigh: Double?
  }

  private func figures(_ rows: [Row]) -> [Figures] {
    rows.enumerated().map { index, row in
      let (measured, ratio) = (row.measurement, index == 0 ? nil : row.measurement.ratio(to: rows[0].measurement))
      return Figures(
        model: row.path, parameterCount: row.parameterCount, tokenCount: measured.total.tokenCount,
        unknownCount: measured.total.unknownCount, perplexity: measured.perplexity,
        perplexityWithoutUnknown: measured.total.perplexityWithoutUnknown, wordPerplexity: measured.wordPerplexity,
        bytePerplexity: measured.bytePerplexity, ratio: ratio?.value, ratioLow: ratio?.low, ratioHigh: ratio?.high)
    }
  }

  private func write(_ rows: [Row]) throws {
    let figures = figures(rows)
    if json { return try figures.forEach { try StandardOutput.writeJSON($0) } }
    let titles = [
      "model", "parameters", "perplexity", "without unknown", "per word", "per byte", "unknown", "ratio",
      "95 % interval",
    ]
    let lines = figures.map { row in
      let share = 100 * Double(row.unknownCount) / Double(row.tokenCount)
      let interval =
        if let low = row.ratioLow, let high = row.ratioHigh { "\(low.formatted(4))–\(high.formatted(4))" } else { "–" }
      return [
        row.model, row.parameterCount.grouped, row.perplexity.asPerplexity,
        row.perplexityWithoutUnknown?.asPerplexity ?? "–", row.wordPerplexity.asPerplexity,
        row.bytePerplexity.formatted(4), "\(share.brief) %", row.ratio?.formatted(4) ?? "–", interval,
      ]
    }
    let table = TextTable(titles: titles, rows: lines)
    try StandardOutput.write(tsv ? table.tabSeparated : markdown ? table.markdown : table.aligned)
  }
}
