import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

struct QuantizeCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantise a model to int8 or bfloat16.",
    discussion: """
      int8 stores each row of a matrix as integers from -127 to 127 and a scale: a quarter of the size. With --text, \
      the perplexity before and after is printed. A quantised model cannot be trained further; use the original.

        mynah quantize notes.safetensors --text test.txt
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp(
      "The quantised model file. (default: the model's path with -int8 or -bfloat16)", valueName: "file"),
    completion: .file(), transform: Bounded.path)
  var output: String?

  @Option(
    help: ArgumentHelp("The precision of the weights: int8 or bfloat16. (default: int8)", valueName: "name"),
    transform: Self.precision)
  var precision = WeightPrecision.int8

  @Option(help: ArgumentHelp("A text that the model was not trained on, to compare the perplexity.", valueName: "file"))
  var text: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  mutating func run() throws {
    try threads.run {
      let path = output ?? defaultOutput
      try NewFile.check(path, overwriting: overwrite)
      let original = try ModelFile(contentsOf: model)
      try original.model.requireFinite(at: model)
      let rounded = original.rounded(to: precision)
      // The largest float32 numbers round to infinity in bfloat16.
      try rounded.model.requireFinite(at: model)
      var figures = Figures(
        model: path, precision: precision, byteCount: 0, originalByteCount: try Self.byteCount(of: model))
      if let text {
        let text = try TextFile(at: text, invalidBytes: original.tokenizer.invalidBytes).text
        figures.originalPerplexity = try Self.perplexity(of: text, original)
        figures.perplexity = try Self.perplexity(of: text, rounded)
      }
      try rounded.write(to: path)
      figures.byteCount = try Self.byteCount(of: path)
      if json { try StandardOutput.writeJSON(figures) } else { try StandardOutput.write(figures.inWords) }
    }
  }

  private static func perplexity(of text: String, _ file: ModelFile) throws -> Double {
    let model = InferenceModel(file.model, precision: file.precision)
    return try WorkProgress.showing("evaluating \(file.precision.rawValue)") {
      try model.perplexity(of: text, tokenizer: file.tokenizer, policy: file.statePolicy, report: $0).perplexity
    }
  }

  private static func byteCount(of path: String) throws -> Int {
    try InputFile(path: path).byteCount
  }

  private var defaultOutput: String {
    let suffix = ".safetensors"
    let name = model.hasSuffix(suffix) ? String(model.dropLast(suffix.count)) : model
    return "\(name)-\(precision.rawValue)\(suffix)"
  }

  private static func precision(_ name: String) throws -> WeightPrecision {
    guard let precision = WeightPrecision(rawValue: name), precision != .float32 else {
      throw ValidationError("expected int8 or bfloat16")
    }
    return precision
  }

  /// The sizes and perplexities before and after.
  private struct Figures: Encodable {
    let model: String
    let precision: WeightPrecision
    var byteCount: Int
    let originalByteCount: Int
    var perplexity: Double?
    var originalPerplexity: Double?

    var inWords: String {
      let share = (100 * Double(byteCount) / Double(originalByteCount)).formatted(1)
      var text = "\(model): \(byteCount.grouped) bytes, \(share) % of the original's \(originalByteCount.grouped)\n"
      if let perplexity, let originalPerplexity {
        let change = 100 * (perplexity / originalPerplexity - 1)
        text += "perplexity \(originalPerplexity.formatted(4)) before, \(perplexity.formatted(4)) after "
        text += "(\(change < 0 ? "" : "+")\(change.formatted(3)) %)\n"
      }
      return text
    }
  }
}
