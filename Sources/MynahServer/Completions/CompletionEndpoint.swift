#if Server
import MynahIO
import Foundation
import Hummingbird
import HTTPTypes
import MynahInference
import MynahText
import NIOCore

/// `POST /v1/completions`.
struct CompletionEndpoint: Sendable {
  let models: ModelRegistry
  let states: StateStore

  func answer(_ exchange: Exchange) async throws -> Response {
    var request = try CompletionRequest(await exchange.fields())
    let (model, language) = try models.language(request.model)
    let settings = try request.settings(of: language.tokenizer, limits: exchange.limits)
    let start = try await states.text(settings.state, of: model, owner: exchange.owner)
    let prompts = try settings.prompts.map {
      try GenerationOrder.Prompt($0, after: start, tokenizer: language.tokenizer, policy: language.statePolicy)
    }
    let tokenCount = prompts.reduce(0) { $0 + $1.tokenCount }
    try exchange.checkTokens(tokenCount, "prompt")
    guard !settings.echoes || tokenCount * settings.bestOf <= exchange.limits.tokens else {
      throw ServerFailure.invalid(
        "the server returns at most \(exchange.limits.tokens) tokens, including those of an echoed prompt", "echo")
    }
    var options = settings.options
    options.statePolicy = language.statePolicy
    let order = GenerationOrder(
      prompts: prompts, textCount: settings.bestOf, options: options, seed: settings.seed,
      promptAlternatives: settings.echoes ? settings.alternatives : nil, isStreamed: settings.isStreamed)
    let (number, output) = try await language.engine.submit(order, since: exchange.start)
    exchange.context.channel.watch { output.cancel() }
    let answer = CompletionAnswer(
      settings, prompts, tokenizer: language.tokenizer, model: model.name, fingerprint: String(model.digest.prefix(12)),
      id: "cmpl-" + UUID().uuidString.lowercased())
    let work = CompletionWork(
      exchange: exchange, model: model, engine: language.engine, states: states, start: start, number: number,
      output: output, prompt: prompts[0], metrics: model.metrics)
    return settings.isStreamed ? work.stream(answer) : try await work.whole(answer)
  }
}

/// A completion that is being generated.
private struct CompletionWork: Sendable {
  let exchange: Exchange
  let model: ServedModel
  let engine: Engine
  let states: StateStore
  let start: TextState?
  let number: Int
  let output: GenerationOutput
  let prompt: GenerationOrder.Prompt
  let metrics: ModelMetrics

  /// Stores the state after a text.
  private func keep(_ memory: NeuralPredictor.Memory, _ generated: [Int32]) async throws -> String {
    var text = start ?? TextState(memory: memory)
    text.append(prompt.ids + generated, memory: memory)
    return try await states.add(text, of: model, owner: exchange.owner).id
  }

  private func take(_ events: [GenerationEvent], into answer: inout CompletionAnswer, _ isFirst: inout Bool) async {
    for event in events {
      if isFirst, case .piece = event {
        isFirst = false
        metrics.addFirstToken(after: (ContinuousClock.now - exchange.start).seconds)
      }
      await answer.add(event, keep: keep)
    }
  }

  /// Returns the response once all texts are complete.
  func whole(_ answer: CompletionAnswer) async throws -> Response {
    var (answer, isFirst) = (answer, true)
    while let (events, _) = await output.next() { await take(events, into: &answer, &isFirst) }
    if output.isCancelled { throw ServerFailure.clientClosed }
    if let failure = answer.failure { throw failure }
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.json())))
  }

  /// Returns a response that streams events as the texts are generated.
  func stream(_ answer: CompletionAnswer) -> Response {
    let body = ResponseBody { writer in
      var (answer, isFirst) = (answer, true)
      do {
        try await write(answer.events(), to: &writer)
        while let (events, wasFull) = await output.next() {
          await take(events, into: &answer, &isFirst)
          try await write(answer.events(), to: &writer)
          if wasFull { await engine.resume(number) }
          if answer.failure != nil { break }
        }
        if output.isCancelled { throw CancellationError() }
        try await write(Array(answer.lastEvents.utf8), to: &writer)
        if answer.failure != nil { metrics.countFailure() }
      } catch {
        output.cancel()
        metrics.countFailure()
        throw error
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache"], body: body)
  }

  private func write(_ bytes: [UInt8], to writer: inout any ResponseBodyWriter) async throws {
    guard !bytes.isEmpty else { return }
    try await writer.write(ByteBuffer(bytes: bytes))
  }
}

extension ServerFailure {
  /// The failure if the client closes its side of the connection before the response is complete.
  static let clientClosed = ServerFailure(
    status: 400, kind: .invalidRequest,
    message: "the client closed its side of the connection; keep it open until the response", code: "client_closed")
}
#endif
