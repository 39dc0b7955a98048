#if Server
import Foundation
import MynahIO
import MynahInference
import MynahText

/// The response to a completion request, built from the events of its order.
struct CompletionAnswer {
  private let settings: CompletionRequest.Settings
  private let prompts: [GenerationOrder.Prompt]
  private let head: String
  private(set) var choices: [CompletionChoice]
  /// The error that ended the order.
  private(set) var failure: ServerFailure?
  /// The generated tokens of a text whose state is kept.
  private var generated: [Int32] = []
  /// The texts whose end has been sent.
  private var finished: Set<Int> = []

  /// - Parameters:
  ///   - model: The name of the model.
  ///   - fingerprint: The beginning of the digest of the model's file.
  init(
    _ settings: CompletionRequest.Settings, _ prompts: [GenerationOrder.Prompt], tokenizer: AnyTokenizer, model: String,
    fingerprint: String, id: String
  ) {
    (self.settings, self.prompts) = (settings, prompts)
    let created = Int(Date.now.timeIntervalSince1970)
    var json = JSONText()
    json.raw("{\"id\":\"\(id)\",\"object\":\"text_completion\",\"created\":\(created),\"model\":")
    json.string(model)
    json.raw(",\"system_fingerprint\":\"mynah-\(fingerprint)\",\"choices\":[")
    head = json.text
    choices = prompts.flatMap { prompt in
      let recent = prompt.start?.recent ?? []
      let before = tokenizer.decode(recent)
      let names = settings.alternatives.map { _ in
        settings.echoes
          ? TokenNames(tokenizer, after: before, recent)
          : TokenNames(tokenizer, after: before + prompt.text, recent + prompt.ids)
      }
      let choice = CompletionChoice(names: names, alternativeCount: settings.alternatives ?? 0)
      return [CompletionChoice](repeating: choice, count: settings.bestOf)
    }
    // Prompts that are not scored can be echoed before any event arrives.
    if settings.echoes && settings.alternatives == nil {
      for prompt in prompts.indices { echo(prompt, nil) }
    }
  }

  private mutating func echo(_ prompt: Int, _ predictions: [TokenPrediction?]?) {
    for text in prompt * settings.bestOf..<(prompt + 1) * settings.bestOf {
      choices[text].echo(prompts[prompt].text, prompts[prompt].ids, predictions)
    }
  }

  /// Adds an event to the response.
  ///
  /// - Parameter keep: Stores a state and returns its id.
  mutating func add(
    _ event: GenerationEvent, keep: (NeuralPredictor.Memory, _ generated: [Int32]) async throws -> String
  ) async {
    switch event {
    case .prompt(let index, let predictions): if settings.echoes { echo(index, predictions) }
    case .piece(let text, let piece):
      choices[text].add(piece)
      if settings.keepsState { generated.append(piece.id) }
    case .empty(let text): choices[text].finish()
    case .state(let text, let memory):
      do { choices[text].state = try await keep(memory, generated) } catch { failure = ServerFailure(error) }
    case .failure(let failure): self.failure = failure
    }
  }

  /// Returns the new output of the texts as server-sent events, one per text that has any.
  ///
  /// Source: WHATWG, "HTML", section 9.2, "Server-sent events".
  mutating func events() -> [UInt8] {
    var json = JSONText()
    for index in choices.indices where choices[index].hasNews && !finished.contains(index) {
      if choices[index].end != nil { finished.insert(index) }
      json.raw("data: \(head)")
      choices[index].write(index, to: &json)
      json.raw("]\(settings.includesUsage ? ",\"usage\":null" : "")}\n\n")
    }
    return json.bytes
  }

  /// The last events of a stream.
  var lastEvents: String {
    if let failure { return "data: \(failure.json)\n\n" }
    return (settings.includesUsage ? "data: \(head)],\"usage\":\(usage)}\n\n" : "") + "data: [DONE]\n\n"
  }

  /// Returns the complete response body.
  mutating func json() -> [UInt8] {
    var json = JSONText()
    json.raw(head)
    for (place, index) in best.enumerated() {
      if place > 0 { json.raw(",") }
      choices[index].write(place, to: &json)
    }
    json.raw("],\"usage\":\(usage)}")
    return json.bytes
  }

  /// The indices of the best texts after each prompt, ranked by the mean log-probability of their tokens.
  private var best: [Int] {
    guard settings.bestOf > settings.count else { return Array(choices.indices) }
    func mean(_ index: Int) -> Double {
      choices[index].tokenCount == 0 ? 0 : choices[index].logProbability / Double(choices[index].tokenCount)
    }
    return prompts.indices.flatMap { prompt in
      (prompt * settings.bestOf..<(prompt + 1) * settings.bestOf)
        .sorted { (mean($1), $0) < (mean($0), $1) }.prefix(settings.count)
    }
  }

  private var usage: String {
    let promptTokens = prompts.reduce(0) { $0 + $1.tokenCount }
    let tokens = choices.reduce(0) { $0 + $1.tokenCount }
    return
      "{\"prompt_tokens\":\(promptTokens),\"completion_tokens\":\(tokens),\"total_tokens\":\(promptTokens + tokens)}"
  }
}
#endif
