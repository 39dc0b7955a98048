import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahTensors

/// The flags of the inference benchmarks.
struct BenchInferenceOptions: ParsableArguments {
  @Argument(
    help: "The preset of the model's sizes.", completion: .list(BenchPreset.all.map(\.name)),
    transform: Self.preset)
  var preset: BenchPreset

  @Option(
    help: ArgumentHelp("The number of texts that are processed at once. (default: 1)", valueName: "count"),
    transform: Bounded.integer(1...65536))
  var streams = 1

  @Option(
    help: ArgumentHelp(
      "The precision of the weights: \(WeightPrecisionOptions.names). (default: float32)", valueName: "name"),
    transform: WeightPrecisionOptions.named)
  var precision = WeightPrecision.float32

  @OptionGroup var parts: BenchPartOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var threads: ThreadOptions

  private static func preset(_ name: String) throws -> BenchPreset {
    guard let preset = BenchPreset.all.first(where: { $0.name == name }) else {
      throw ValidationError("expected one of \(BenchPreset.all.map(\.name).joined(separator: ", "))")
    }
    return preset
  }

  /// Measures three times and writes the median.
  ///
  /// - Parameters:
  ///   - tokenCount: The number of tokens in each stream.
  ///   - stepCount: The number of steps that `milliseconds` is an average over: the tokens of a stream, or 1 for a
  ///     whole text.
  func report(tokenCount: Int, stepCount: Int, _ seconds: (inout InferenceBenchmark) throws -> Double) throws {
    let record = try threads.run {
      var benchmark = InferenceBenchmark(try parts.apply(to: preset), precision: precision, streamCount: streams)
      let time = try (0..<3).map { _ in try seconds(&benchmark) }.sorted()[1]
      let threadCount = ThreadTeam.current?.threadCount ?? 1
      let tokensPerSecond = Double(tokenCount * streams) / time
      let gigaflops = tokensPerSecond * benchmark.operationsPerToken / 1e9
      let peaks = Peaks(with: precision == .bfloat16 ? .bfloat16 : .float32, threadCount: threadCount)
      return BenchRecord(
        config: preset.name, precision: precision.rawValue, threads: threadCount,
        instructionSet: Kernels.inferenceName, milliseconds: time * 1e3 / Double(stepCount),
        tokensPerSecond: tokensPerSecond, parameters: benchmark.parameterCount, peakMiB: ProcessMemory.peakMiB,
        gigaflops: gigaflops,
        shareOfPeak: gigaflops / peaks.float32, shareOfBfloat16Peak: peaks.bfloat16Share(of: gigaflops))
    }
    guard !json else { return try StandardOutput.writeJSON(record) }
    try StandardOutput.write(
      "\(record.config), \(streams) stream\(streams == 1 ? "" : "s"), \(record.precision): "
        + "\(Int(record.tokensPerSecond).grouped) tokens/s, \(record.gigaflops.brief) GFLOP/s, "
        + "\(record.sharesInWords), \(Int(record.peakMiB.rounded())) MiB, \(record.parameters.grouped) parameters\n")
  }
}

struct BenchGenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Time the generation of 400 tokens per stream, one token at a time.",
    discussion: "Prints the median of three runs; tokens per second are summed over all streams.")

  @OptionGroup var options: BenchInferenceOptions

  func run() throws {
    try options.report(tokenCount: 400, stepCount: 400) { try $0.secondsOfGeneration(stepCount: 400) }
  }
}

struct BenchScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Time the scoring of 2,000 tokens per stream.",
    discussion: "Prints the median of three runs; tokens per second are summed over all streams.")

  @OptionGroup var options: BenchInferenceOptions

  func run() throws {
    try options.report(tokenCount: 1999, stepCount: 1) { $0.secondsOfScoring(tokenCount: 2000) }
  }
}
