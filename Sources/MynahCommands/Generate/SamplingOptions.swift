import ArgumentParser
import MynahIO
import MynahInference
import MynahText

/// The flags of sampling.
struct SamplingOptions: ConditionalFlags {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The temperature: 0 is greedy, below 1 favours probable tokens, above 1 flattens. (default: 1)",
      valueName: "number"),
    transform: Bounded.number(0...1000))
  var temperature: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sample from this many of the most probable tokens.", valueName: "count"),
    transform: Bounded.integer(1...16_777_216))
  var topK: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sample from the most probable tokens whose probabilities add up to this mass (nucleus sampling).",
      valueName: "share"),
    transform: Bounded.positive(atMost: 1))
  var topP: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Drop tokens less probable than this share of the most probable one.", valueName: "share"),
    transform: Bounded.number(0...1))
  var minP: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sample from the tokens nearest to the expected surprisal whose probabilities add up to this mass (typical).",
      valueName: "share"),
    transform: Bounded.positive(atMost: 1))
  var typical: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Make recent tokens less probable; 1.2 is common.", valueName: "penalty"),
    transform: Bounded.number(1...1000))
  var repetitionPenalty: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The number of recent tokens that the penalty applies to. (default: 64)", valueName: "tokens"),
    transform: Bounded.integer(1...1_000_000))
  var repetitionReach: Int?

  @Option(
    help: ArgumentHelp("A token that is never generated; may be given several times.", valueName: "token"))
  var forbid: [String] = []

  @Option(
    help: ArgumentHelp(
      "Force a token at a position: 0=the makes it the first one; may be given several times.",
      valueName: "place=token"))
  var force: [String] = []

  /// The flags, each with a Boolean value indicating whether it was given.
  var given: [(flag: String, isGiven: Bool)] {
    [
      ("--temperature", temperature != nil), ("--top-k", topK != nil), ("--top-p", topP != nil),
      ("--min-p", minP != nil), ("--typical", typical != nil), ("--repetition-penalty", repetitionPenalty != nil),
      ("--repetition-reach", repetitionReach != nil), ("--forbid", !forbid.isEmpty), ("--force", !force.isEmpty),
    ]
  }

  var rules: [FlagRule] {
    // These limits never drop the most probable token, so they have no effect at temperature 0.
    let limits = ["--top-k", "--top-p", "--min-p", "--typical"]
    return given.filter { limits.contains($0.flag) }.map {
      FlagRule($0.flag, $0.isGiven, excludes: "--temperature 0", temperature == 0)
    } + [
      FlagRule(
        "--repetition-reach", repetitionReach != nil, needs: "--repetition-penalty", repetitionPenalty != nil)
    ]
  }

  /// Returns a sampler with the steps in the order in which they are applied.
  ///
  /// - Throws: `UnknownWord`, or `ValidationError` if a position is malformed.
  func sampler(_ vocabulary: Vocabulary, model: String) throws -> Sampler {
    var steps: [any SamplingStep] = []
    if let penalty = repetitionPenalty {
      steps.append(RepetitionPenalty(Double(penalty), reach: repetitionReach ?? 64))
    }
    if !forbid.isEmpty {
      steps.append(ForbiddenTokens(try forbid.map { try vocabulary.knownID(of: $0, model: model) }))
    }
    steps.append(Temperature(Double(temperature ?? 1)))
    if let topK { steps.append(TopK(topK)) }
    if let typical { steps.append(Typical(Double(typical))) }
    if let topP { steps.append(TopP(Double(topP))) }
    if let minP { steps.append(MinP(Double(minP))) }
    if !force.isEmpty { steps.append(ForcedTokens(try forced(vocabulary, model: model))) }
    return Sampler(steps)
  }

  private func forced(_ vocabulary: Vocabulary, model: String) throws -> [Int: Int32] {
    var ids: [Int: Int32] = [:]
    for text in force {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let place = Int(parts[0]), place >= 0 else {
        throw ValidationError("expected --force PLACE=TOKEN with a place of at least 0, found \(text.quoted())")
      }
      ids[place] = try vocabulary.knownID(of: String(parts[1]), model: model)
    }
    return ids
  }
}

extension Vocabulary {
  /// Returns the id of a token, which may be given as `mynah inspect --vocabulary` lists it: a line end as `\n`.
  ///
  /// - Throws: `UnknownWord`, with the path of the model, if the token is not in the vocabulary.
  func knownID(of token: String, model: String) throws -> Int32 {
    guard let id = id(of: token) ?? id(ofListed: token) else { throw UnknownWord(word: token, model: model) }
    return id
  }
}
