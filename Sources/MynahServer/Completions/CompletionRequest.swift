#if Server
import Foundation
import MynahIO
import MynahInference
import MynahText

/// The body of `POST /v1/completions`: the fields of OpenAI's completions, and `state` and `keep_state`.
struct CompletionRequest {
  /// A prompt as it was sent.
  enum Prompt {
    case text(String)
    case ids([Int32])
  }

  let model: String?
  private var fields: RequestFields

  /// Parses the model's name, which determines how the other fields are interpreted.
  init(_ fields: RequestFields) throws(ServerFailure) {
    self.fields = fields
    model = try self.fields.string("model")
  }

  /// The settings of a request, as interpreted for its model.
  struct Settings {
    var prompts: [Prompt] = []
    /// The numbers of texts that are returned and generated for each prompt.
    var count = 1, bestOf = 1
    var maximumTokens = 16
    var options = GenerationOptions()
    var seed: UInt64 = 0
    var echoes = false
    /// The number of alternatives for each token; nil if no log-probabilities are returned.
    var alternatives: Int?
    var isStreamed = false
    var includesUsage = false
    var state: String?
    var keepsState = false
  }

  /// The maximum number of prompts in a request.
  private static let mostPrompts = 1024

  /// The fields of OpenAI's API that this server does not support.
  private static let unsupported = ["suffix", "functions", "tools", "response_format", "messages"]

  /// Parses the other fields.
  ///
  /// - Throws: `ServerFailure` naming the field that is wrong.
  mutating func settings(of tokenizer: AnyTokenizer, limits: ServerLimits) throws(ServerFailure) -> Settings {
    var settings = Settings()
    let vocabulary = tokenizer.vocabulary
    settings.prompts = try prompts(vocabularySize: vocabulary.count)
    settings.count = try fields.integer("n", in: 1...128) ?? 1
    settings.bestOf = try fields.integer("best_of", in: 1...20) ?? settings.count
    settings.maximumTokens = try fields.integer("max_tokens", in: 0...Int.max) ?? 16
    settings.echoes = try fields.bool("echo") ?? false
    settings.alternatives = try fields.integer("logprobs", in: 0...5)
    settings.isStreamed = try fields.bool("stream") ?? false
    settings.includesUsage = try streamOptions(isStreamed: settings.isStreamed)
    settings.state = try fields.string("state")
    settings.keepsState = try fields.bool("keep_state") ?? false
    settings.seed =
      try fields.integer("seed", in: .min ... .max).map { UInt64(bitPattern: Int64($0)) } ?? .random(in: 0...(.max))
    let sampler = Sampler(try steps(vocabulary))
    let stops = try fields.strings("stop") ?? []
    guard stops.count <= 16 && stops.allSatisfy({ (1...256).contains($0.unicodeScalars.count) }) else {
      throw .invalid("expected up to 16 strings of 1 to 256 characters for 'stop'", "stop")
    }
    _ = try fields.string("user")
    for name in Self.unsupported where fields.take(name) != nil {
      throw .invalid("this server does not support '\(name)'; leave it out", name, code: "unsupported_parameter")
    }
    try fields.end()
    try check(settings, limits)
    settings.options = GenerationOptions(sampler: sampler, length: settings.maximumTokens, stopStrings: stops)
    settings.options.returnsProbabilities = settings.alternatives != nil || settings.bestOf > settings.count
    settings.options.alternativeCount = settings.alternatives ?? 0
    settings.options.returnsMemory = settings.keepsState
    return settings
  }

  private func check(_ settings: Settings, _ limits: ServerLimits) throws(ServerFailure) {
    guard settings.bestOf >= settings.count else {
      throw .invalid("'best_of' must be at least 'n', \(settings.count), found \(settings.bestOf)", "best_of")
    }
    guard !settings.isStreamed || settings.bestOf == settings.count else {
      throw .invalid("'best_of' beyond 'n' cannot be streamed", "best_of")
    }
    guard settings.bestOf <= limits.streams else {
      throw .invalid("the server generates at most \(limits.streams) texts at once", "n")
    }
    let (total, isTooMany) = settings.maximumTokens.multipliedReportingOverflow(
      by: settings.prompts.count * settings.bestOf)
    guard !isTooMany && total <= limits.tokens else {
      throw .invalid(
        "the server generates at most \(limits.tokens) tokens for a request, over all its texts; ask for fewer",
        "max_tokens")
    }
    guard !settings.keepsState || (settings.prompts.count == 1 && settings.bestOf == 1) else {
      throw .invalid("'keep_state' needs one prompt and one text", "keep_state")
    }
    guard settings.state == nil || settings.prompts.count == 1 else {
      throw .invalid("'state' needs one prompt, which continues its text", "state")
    }
  }

  private mutating func prompts(vocabularySize: Int) throws(ServerFailure) -> [Prompt] {
    guard let value = fields.take("prompt") else { return [.text("")] }
    if let text = value.string { return [.text(text)] }
    guard let elements = value.array else {
      throw RequestFields.wrong("prompt", "a string, token ids, or an array of these", value)
    }
    guard let first = elements.first else { throw .invalid("'prompt' is an empty array", "prompt") }
    guard first.integer != nil || elements.count <= Self.mostPrompts else {
      throw .invalid("expected up to \(Self.mostPrompts) prompts, found \(elements.count)", "prompt")
    }
    if first.integer != nil { return [.ids(try RequestFields.ids(elements, "prompt", vocabularySize: vocabularySize))] }
    var prompts: [Prompt] = []
    for element in elements {
      if let text = element.string {
        prompts.append(.text(text))
      } else if let ids = element.array {
        prompts.append(.ids(try RequestFields.ids(ids, "prompt", vocabularySize: vocabularySize)))
      } else {
        throw RequestFields.wrong("prompt", "strings or arrays of token ids in the array", element)
      }
    }
    return prompts
  }

  private mutating func streamOptions(isStreamed: Bool) throws(ServerFailure) -> Bool {
    guard let value = fields.take("stream_options") else { return false }
    guard isStreamed else { throw .invalid("'stream_options' needs 'stream'", "stream_options") }
    guard let members = value.members else { throw RequestFields.wrong("stream_options", "an object", value) }
    var includes = false
    for member in members {
      switch (member.name, member.value) {
      case ("include_usage", .bool(let bool)): includes = bool
      case ("include_usage", .null), ("include_obfuscation", .bool(false)), ("include_obfuscation", .null): break
      default:
        throw RequestFields.wrong(
          "stream_options.\(member.name.prefix(100))", "include_usage true or false", member.value)
      }
    }
    return includes
  }

  /// Returns the sampling steps in the order in which OpenAI's API applies them: biases and penalties change logits
  /// before the temperature.
  private mutating func steps(_ vocabulary: Vocabulary) throws(ServerFailure) -> [any SamplingStep] {
    var steps: [any SamplingStep] = []
    if let biases = try biases(vocabularySize: vocabulary.count) { steps.append(biases) }
    let presence = try fields.number("presence_penalty", in: -2...2) ?? 0
    let frequency = try fields.number("frequency_penalty", in: -2...2) ?? 0
    if presence != 0 || frequency != 0 { steps.append(CountPenalty(presence: presence, frequency: frequency)) }
    let temperature = try fields.number("temperature", in: 0...2) ?? 1
    steps.append(Temperature(temperature))
    if let topP = try fields.number("top_p", in: 0...1), topP < 1, temperature > 0 {
      // OpenAI's clients may send 0 to select only the most probable token.
      steps.append(TopP(max(topP, .leastNormalMagnitude)))
    }
    return steps
  }

  private mutating func biases(vocabularySize: Int) throws(ServerFailure) -> LogitBias? {
    guard let value = fields.take("logit_bias") else { return nil }
    guard let members = value.members else { throw RequestFields.wrong("logit_bias", "an object", value) }
    var biases: [Int32: Double] = [:]
    for member in members {
      guard let id = Int(member.name), (0..<vocabularySize).contains(id) else {
        throw .invalid(
          "expected token ids from 0 to \(vocabularySize - 1) as keys of 'logit_bias', found \(member.name.quoted())",
          "logit_bias")
      }
      guard let bias = member.value.number, (-100...100).contains(bias) else {
        throw RequestFields.wrong("logit_bias", "numbers from -100 to 100", member.value)
      }
      biases[Int32(id)] = bias
    }
    return biases.isEmpty ? nil : LogitBias(biases)
  }
}
#endif
