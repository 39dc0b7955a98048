import ArgumentParser
import MynahIO
import MynahModels
import MynahTensors
import MynahTraining

/// `mynah bench train`: the time of a training step.
struct BenchTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Time a training step: a random batch, forward, loss, backward, clip, update.",
    discussion: """
      The presets are \(BenchPreset.all.map(\.name).joined(separator: ", ")); flags replace their sizes. Prints the \
      median time of a step after two warm-up steps, and the share of the machine's measured float32 peak: \
      6 operations per weight and token, not counting the embedding lookup.
      """)

  @Argument(
    help: "The preset of the model and the step.", completion: .list(BenchPreset.all.map(\.name)),
    transform: BenchPreset.named)
  var preset: BenchPreset

  @Option(help: "The vocabulary size.", transform: Bounded.integer(1...16_777_216))
  var vocabulary: Int?

  @Option(help: "The embedding size.", transform: Bounded.integer(1...65536))
  var embedding: Int?

  @Option(
    help: ArgumentHelp("The sizes of the recurrent layers, from input to output.", valueName: "sizes"),
    transform: Bounded.integers(1...65536, atMost: 64))
  var hidden: [Int]?

  @OptionGroup var parts: BenchPartOptions

  @Option(help: "The batch size.", transform: Bounded.integer(1...1_000_000))
  var batch: Int?

  @Option(help: "The sequence length.", transform: Bounded.integer(1...1_000_000))
  var sequenceLength: Int?

  @Option(
    help: "The optimizer: \(OptimizerOptions.optimizerNames).", completion: .list(OptimizerRules.standard.names),
    transform: OptimizerOptions.optimizer
  )
  var optimizer: OptimizerConfiguration?

  @Option(
    help: "Use a sampled softmax over this many tokens and the target.", transform: Bounded.integer(1...16_777_216))
  var sampled: Int?

  @Option(help: "The seconds to time; at least four steps are timed.", transform: Bounded.positive(atMost: 3600))
  var seconds: Float = 2.5

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    let preset = try parts.apply(
      to: preset.replacing(
        vocabularySize: vocabulary, embeddingSize: embedding, hiddenSizes: hidden, batchSize: batch,
        stepCount: sequenceLength,
        optimizer: optimizer))
    do throws(ModelError) {
      let architecture = try ModelArchitecture(preset.configuration)
      let defect = sampled.flatMap { architecture.defect(of: .sampled(candidates: $0)) }
      if let defect { throw ModelError.impossible(reason: defect) }
    } catch {
      throw ValidationError(error.description)
    }
    let record = Self.record(
      preset, precision: precision.supported ?? .float32, threadCount: threads.count, seconds: Double(seconds),
      sampled: sampled)
    if json { try StandardOutput.writeJSON(record) } else { try StandardOutput.write(record.inWords + "\n") }
  }

  /// Measures a preset and the machine's peak.
  static func record(
    _ preset: BenchPreset, precision: Precision, threadCount: Int, seconds: Double, minimumCount: Int = 4,
    sampled: Int? = nil
  ) -> BenchRecord {
    // The peak is measured before and after, as the load of the machine may change.
    let peaksBefore = Peaks(with: precision, threadCount: threadCount)
    let optimizer = OptimizerRules.standard[preset.optimizer] ?? .sgd
    var benchmark = TrainingBenchmark(preset, optimizer: optimizer, precision: precision, sampled: sampled)
    let times = ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
      benchmark.times(seconds: seconds, minimumCount: minimumCount)
    }
    let time = times.sorted()[times.count / 2]
    let peaks = peaksBefore.maximum(Peaks(with: precision, threadCount: threadCount))
    let gigaflops = benchmark.operationsPerStep / time / 1e9
    return BenchRecord(
      config: preset.name, precision: precision.rawValue, threads: threadCount,
      instructionSet: Kernels.instructionSet, milliseconds: time * 1e3,
      tokensPerSecond: Double(benchmark.tokensPerStep) / time, parameters: benchmark.parameterCount,
      peakMiB: ProcessMemory.peakMiB, gigaflops: gigaflops,
      shareOfPeak: gigaflops / peaks.float32, shareOfBfloat16Peak: peaks.bfloat16Share(of: gigaflops))
  }
}

extension BenchPreset {
  /// Returns the preset of a name.
  @Sendable static func named(_ name: String) throws -> BenchPreset {
    guard let preset = all.first(where: { $0.name == name }) else {
      throw ValidationError("expected one of \(all.map(\.name).joined(separator: ", "))")
    }
    return preset
  }

  /// Returns the preset with other sizes; nil keeps a size.
  func replacing(
    vocabularySize: Int?, embeddingSize: Int?, hiddenSizes: [Int]?, batchSize: Int?, stepCount: Int?,
    optimizer: OptimizerConfiguration?
  ) -> BenchPreset {
    BenchPreset(
      name: name, vocabularySize: vocabularySize ?? self.vocabularySize,
      embeddingSize: embeddingSize ?? self.embeddingSize, layers: hiddenSizes?.map { .lstm($0) } ?? layers,
      batchSize: batchSize ?? self.batchSize, stepCount: stepCount ?? self.stepCount,
      optimizer: optimizer?.name ?? self.optimizer, dropout: dropout)
  }
}

extension BenchRecord {
  /// The record as a line of text.
  var inWords: String {
    [
      config.padding(14), precision.padding(8), "\(milliseconds.formatted(2).leftPadded(9)) ms",
      "\(Int(tokensPerSecond).grouped.leftPadded(9)) tokens/s", "\(gigaflops.brief.leftPadded(5)) GFLOP/s",
      sharesInWords,
      "\(Int(peakMiB.rounded())) MiB", "\(parameters.grouped) parameters",
    ].joined(separator: "  ")
  }
}
