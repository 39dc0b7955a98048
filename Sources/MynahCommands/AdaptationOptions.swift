import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// Flags of what helps a model along while it reads: a cache, learning as it goes, other models.
struct AdaptationOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Remember so many of the last tokens and expect what followed like places (continuous cache).",
      valueName: "tokens"),
    transform: Bounded.integer(1...10_000_000))
  var cache: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The share of the cache. (default: 0.1)", valueName: "share"),
    transform: Bounded.number(0...1))
  var cacheWeight: Float = 0.1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How much more like places count: 0 is not at all. (default: 0.3)", valueName: "number"),
    transform: Bounded.number(0...1000))
  var cacheFlatness: Float = 0.3

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Go on learning from what is read, at this rate (dynamic evaluation).", valueName: "rate"),
    transform: Bounded.positive(atMost: 100))
  var dynamic: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How strongly weights are drawn back to the trained ones. (default: 0.002)", valueName: "share"),
    transform: Bounded.number(0...1))
  var dynamicDecay: Float = 0.002

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("After how many tokens a step is made. (default: 5)", valueName: "tokens"),
    transform: Bounded.integer(1...10_000))
  var dynamicTokens = 5

  @Option(
    help: ArgumentHelp(
      "The model's training text, on which the sizes of gradients are measured: steps are divided by them.",
      valueName: "file"))
  var dynamicStatistics: String?

  @Option(
    help: ArgumentHelp(
      "Another model of the same tokens to mix in, or n-grams: a file that ends in .arpa; may be given several times.",
      valueName: "file"))
  var mix: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What each model counts, the first one first: 0.7,0.3. (default: all the same)", valueName: "numbers"))
  var weights: String?

  @Option(
    help: ArgumentHelp("Find the weights that suit this text best, which is not the one to measure.", valueName: "file")
  )
  var tuneWeights: String?

  func validate() throws {
    guard weights == nil || tuneWeights == nil else {
      throw ValidationError("--weights gives the weights that --tune-weights would find; leave one of them away")
    }
    guard !mix.isEmpty || (weights == nil && tuneWeights == nil) else {
      throw ValidationError("--weights and --tune-weights are those of models that --mix names")
    }
    if let weights { _ = try Self.numbers(weights, count: mix.count + 1) }
  }

  /// Whether a network alone is asked.
  var isPlain: Bool { cache == nil && dynamic == nil && mix.isEmpty }

  /// What reads the text: the network, with what the flags put around it.
  func predictor(_ file: ModelFile, path: String, precision: WeightPrecisionOptions) throws -> any Predictor {
    var parts: [any Predictor] = [try adapted(file, precision: precision)]
    for other in mix { parts.append(try predictor(ofMixed: other, with: file, path: path)) }
    guard parts.count > 1 else { return parts[0] }
    return MixturePredictor(parts, weights: try weights(parts, file))
  }

  private func adapted(_ file: ModelFile, precision: WeightPrecisionOptions) throws -> any Predictor {
    guard dynamic != nil else { return cached(NeuralPredictor(precision.model(of: file))) }
    return cached(try dynamic(file))
  }

  private func cached(_ base: some HiddenPredictor) -> any Predictor {
    guard let cache else { return base }
    return CachePredictor(
      base, settings: CacheSettings(size: cache, flatness: Double(cacheFlatness), weight: Double(cacheWeight)))
  }

  private func dynamic(_ file: ModelFile) throws -> DynamicPredictor {
    let settings = DynamicSettings(learningRate: dynamic ?? 0, decay: dynamicDecay, segmentLength: dynamicTokens)
    let statistics = try dynamicStatistics.map { path in
      let text = try file.tokenizer.encode(TextFile(at: path).text).ids
      return try GradientStatistics(of: file.model, on: text)
    }
    return DynamicPredictor(file.model, settings: settings, statistics: statistics)
  }

  private func predictor(ofMixed other: String, with file: ModelFile, path: String) throws -> any Predictor {
    guard !other.hasSuffix(".arpa") else {
      return try NGramPredictor(NGramModel(arpa: other), tokenizer: file.tokenizer, path: other)
    }
    let mixed = try ModelFile(contentsOf: other)
    let (own, others) = (file.tokenizer.vocabulary, mixed.tokenizer.vocabulary)
    guard own == others else {
      let (ours, theirs) = (Set(own.tokens.map { Array($0.utf8) }), Set(others.tokens.map { Array($0.utf8) }))
      let example = ours.subtracting(theirs).first ?? theirs.subtracting(ours).first ?? []
      throw InferenceError.vocabulariesDiffer(
        path: other, missingCount: ours.subtracting(theirs).count, otherCount: theirs.subtracting(ours).count,
        example: String(decoding: example, as: UTF8.self))
    }
    return NeuralPredictor(InferenceModel(mixed.model, precision: mixed.precision))
  }

  /// The weights that are given, or those that suit a text best.
  private func weights(_ parts: [any Predictor], _ file: ModelFile) throws -> [Double]? {
    if let weights { return try Self.numbers(weights, count: parts.count) }
    guard let tuneWeights else { return nil }
    let text = try file.tokenizer.encode(TextFile(at: tuneWeights).text).ids
    var mixture = MixturePredictor(parts)
    let start = file.tokenizer.textStartID
    try mixture.read(start.map { [$0] } ?? Array(text.prefix(1)))
    let scores = try mixture.scores(start == nil ? Array(text.dropFirst()) : text)
    let tuned = MixturePredictor.tunedWeights(scores)
    StandardError.write("weights: \(tuned.map { $0.formatted(4) }.joined(separator: ","))\n")
    return tuned
  }

  private static func numbers(_ text: String, count: Int) throws -> [Double] {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? -1 }
    guard numbers.count == count, numbers.allSatisfy({ $0 >= 0 && $0 < 1e300 }), numbers.contains(where: { $0 > 0 })
    else {
      throw ValidationError(
        "expected --weights of \(count) numbers from 0 on with commas between, one for each model, found \(text.quoted())"
      )
    }
    return numbers
  }
}
