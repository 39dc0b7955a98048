import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// The flags of prediction with `--weights` for the models of a mixture.
typealias AdaptationOptions = PredictionOptions<MixtureWeights>

/// The flags of prediction: a temperature, Monte Carlo dropout, a cache, dynamic evaluation, a mixture with other
/// models, and the weights' precision.
///
/// A command whose `--weights` flag has another meaning names the flag of the mixture's weights differently.
struct PredictionOptions<Weights: MixtureWeightFlag>: ConditionalFlags {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Divide the network's logits by this temperature. (default: 1)", valueName: "number"),
    transform: Bounded.positive(atMost: 1000))
  var temperature: Float?

  @Option(
    help: ArgumentHelp(
      "Find the best temperature for this text, which must not be the text to measure.", valueName: "file"))
  var tuneTemperature: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Use Monte Carlo dropout: the mean of the probabilities of this many passes with the model's dropout.",
      valueName: "passes"),
    transform: Bounded.integer(1...10_000))
  var monteCarlo: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The random seed of the dropout. (default: 1)", valueName: "number"),
    transform: Bounded.integer(0...Int.max))
  var seed: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Use a continuous cache of this many recent tokens: tokens that followed similar states become more probable.",
      valueName: "tokens"),
    transform: Bounded.integer(1...10_000_000))
  var cache: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The weight of the cache. (default: 0.1)", valueName: "share"),
    transform: Bounded.number(0...1))
  var cacheWeight: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The θ of the cache, which sharpens it; 0 weights all states equally. (default: 0.3)", valueName: "number"),
    transform: Bounded.number(0...1000))
  var cacheTheta: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Use dynamic evaluation: continue to learn from the text that is read, at this rate.", valueName: "rate"),
    transform: Bounded.positive(atMost: 100))
  var dynamic: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The decay of the weights towards the trained ones. (default: 0.002)", valueName: "share"),
    transform: Bounded.number(0...1))
  var dynamicDecay: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The number of tokens per update. (default: 5)", valueName: "tokens"),
    transform: Bounded.integer(1...10_000))
  var dynamicTokens: Int?

  @Option(
    help: ArgumentHelp(
      "The model's training text: updates are divided by the root mean square of the gradients on it.",
      valueName: "file"))
  var dynamicStatistics: String?

  @Option(
    help: ArgumentHelp(
      "Mix in another model: a model file with the same tokens, or n-grams in an ARPA file, which may be "
        + "compressed with gzip; may be given several times.",
      valueName: "file"))
  var mix: [String] = []

  @Flag(
    help: """
      Map words that mixed n-grams lack to their <unk>: these words and the model's <unk> share its probability equally.
      """)
  var mapUnknownWords = false

  @OptionGroup var mixture: Weights

  @Option(
    help: ArgumentHelp("Find the best weights for this text, which must not be the text to measure.", valueName: "file")
  )
  var tuneWeights: String?

  @OptionGroup var precision: WeightPrecisionOptions

  var rules: [FlagRule] {
    [
      FlagRule("--cache-weight", cacheWeight != nil, needs: "--cache", cache != nil),
      FlagRule("--cache-theta", cacheTheta != nil, needs: "--cache", cache != nil),
      FlagRule("--dynamic-decay", dynamicDecay != nil, needs: "--dynamic", dynamic != nil),
      FlagRule("--dynamic-tokens", dynamicTokens != nil, needs: "--dynamic", dynamic != nil),
      FlagRule("--dynamic-statistics", dynamicStatistics != nil, needs: "--dynamic", dynamic != nil),
      // Dynamic evaluation trains the weights in float32, and Monte Carlo dropout needs the forward pass of training.
      FlagRule("--precision", precision.precision != nil, excludes: "--dynamic", dynamic != nil),
      FlagRule("--precision", precision.precision != nil, excludes: "--monte-carlo", monteCarlo != nil),
      FlagRule("--tune-temperature", tuneTemperature != nil, excludes: "--temperature", temperature != nil),
      FlagRule("--monte-carlo", monteCarlo != nil, excludes: "--dynamic", dynamic != nil),
      FlagRule("--seed", seed != nil, needs: "--monte-carlo", monteCarlo != nil),
      FlagRule("--map-unknown-words", mapUnknownWords, needs: "--mix", !mix.isEmpty),
      FlagRule(Weights.flag, mixture.weights != nil, needs: "--mix", !mix.isEmpty),
      FlagRule("--tune-weights", tuneWeights != nil, needs: "--mix", !mix.isEmpty),
      FlagRule("--tune-weights", tuneWeights != nil, excludes: Weights.flag, mixture.weights != nil),
    ]
  }

  func validate() throws {
    try checkRules()
    if let weights = mixture.weights { _ = try Self.numbers(weights, count: mix.count + 1) }
  }

  /// A Boolean value indicating whether the network is used alone.
  var isPlain: Bool {
    cache == nil && dynamic == nil && mix.isEmpty && temperature == nil && tuneTemperature == nil && monteCarlo == nil
  }

  /// The paths of the files to read.
  var files: [String] { mix + [dynamicStatistics, tuneWeights, tuneTemperature].compactMap(\.self) }

  /// Returns the predictor of a model file: the network, wrapped as the flags require.
  ///
  /// - Parameter policy: The state policy for the texts on which the weights and the temperature are tuned.
  func predictor(_ file: ModelFile, policy: StatePolicy) throws -> any Predictor {
    guard monteCarlo == nil || !file.model.configuration.dropout.areZero else {
      throw ValidationError(
        "--monte-carlo needs a model that was trained with dropout; otherwise it has no effect. Leave it out")
    }
    let network = try adapted(file)
    var parts = [network(try chosenTemperature(network, file, policy))]
    for other in mix { parts.append(try predictor(ofMixed: other, with: file)) }
    guard !mapUnknownWords || parts.contains(where: { $0 is NGramPredictor }) else {
      throw ValidationError(
        "--map-unknown-words needs n-grams among the files of --mix; otherwise it has no effect. Leave it out")
    }
    guard parts.count > 1 else { return parts[0] }
    return MixturePredictor(parts, weights: try weights(parts, file, policy))
  }

  /// Returns a function that creates the predictor of the network at a temperature.
  private func adapted(_ file: ModelFile) throws -> (_ temperature: Double) -> any Predictor {
    if let monteCarlo {
      let passes = (0..<monteCarlo).map { pass in
        ModelPredictor(file.model, dropout: RandomSource(seed: UInt64(seed ?? 1), stream: UInt64(pass)))
      }
      return { temperature in MixturePredictor(passes.map { tempered($0, temperature) }) }
    }
    if dynamic != nil {
      let network = try dynamic(file)
      return { tempered(network, $0) }
    }
    let network = NeuralPredictor(precision.model(of: file))
    return { tempered(network, $0) }
  }

  private func tempered(_ base: some HiddenPredictor, _ temperature: Double) -> any Predictor {
    temperature == 1 ? cached(base) : cached(TemperedPredictor(base, temperature: temperature))
  }

  /// Returns the temperature given by `--temperature` or tuned on a text; 1 without these flags.
  private func chosenTemperature(
    _ network: (Double) -> any Predictor, _ file: ModelFile, _ policy: StatePolicy
  ) throws -> Double {
    guard let tuneTemperature else { return Double(temperature ?? 1) }
    let text = try TextFile(at: tuneTemperature, invalidBytes: file.tokenizer.invalidBytes).text
    let tuned = try WorkProgress.showing("tuning the temperature") {
      try TemperatureTuning.temperature(
        on: text, tokenizer: file.tokenizer, policy: policy, report: $0, of: network)
    }
    StandardError.write("temperature: \(tuned.formatted(4))\n")
    return tuned
  }

  private func cached(_ base: some HiddenPredictor) -> any Predictor {
    guard let cache else { return base }
    var settings = CacheSettings(size: cache)
    if let cacheTheta { settings.theta = Double(cacheTheta) }
    if let cacheWeight { settings.weight = Double(cacheWeight) }
    return CachePredictor(base, settings: settings)
  }

  private func dynamic(_ file: ModelFile) throws -> DynamicPredictor {
    var settings = DynamicSettings(learningRate: dynamic ?? 0)
    if let dynamicDecay { settings.decay = dynamicDecay }
    if let dynamicTokens { settings.segmentLength = dynamicTokens }
    let statistics = try dynamicStatistics.map { path in
      let text = try file.tokenizer.encode(TextFile(at: path, invalidBytes: file.tokenizer.invalidBytes).text).ids
      return try WorkProgress.showing("measuring gradients") {
        try GradientStatistics(of: file.model, on: text, report: $0)
      }
    }
    return DynamicPredictor(file.model, settings: settings, statistics: statistics)
  }

  /// Returns the predictor of a file given to `--mix`, with its tokens mapped to the IDs of the model.
  private func predictor(ofMixed other: String, with file: ModelFile) throws -> any Predictor {
    let mixed: ModelFile
    switch try MixedModel(at: other) {
    case .ngrams(let model):
      return try MixedModel.predictor(
        model, path: other, tokenizer: file.tokenizer, mapsUnknownWords: mapUnknownWords)
    case .network(let file): mixed = file
    }
    return try MixedModel.predictor(mixed, path: other, tokenizer: file.tokenizer)
  }

  /// Returns the given weights, or weights tuned on a text; nil without these flags.
  private func weights(_ parts: [any Predictor], _ file: ModelFile, _ policy: StatePolicy) throws -> [Double]? {
    if let weights = mixture.weights { return try Self.numbers(weights, count: parts.count) }
    guard let tuneWeights else { return nil }
    let text = try TextFile(at: tuneWeights, invalidBytes: file.tokenizer.invalidBytes).text
    let tuned = try WorkProgress.showing("tuning weights") {
      try MixturePredictor.tunedWeights(of: parts, on: text, tokenizer: file.tokenizer, policy: policy, report: $0)
    }
    StandardError.write("weights: \(tuned.map { $0.formatted(4) }.joined(separator: ","))\n")
    return tuned
  }

  private static func numbers(_ text: String, count: Int) throws -> [Double] {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? -1 }
    guard numbers.count == count, numbers.allSatisfy({ $0 >= 0 && $0 < 1e300 }), numbers.contains(where: { $0 > 0 })
    else {
      throw ValidationError(
        "expected \(Weights.flag) of \(count) non-negative numbers separated by commas, one for each model and not all "
          + "zero, found \(text.quoted())")
    }
    return numbers
  }
}
