#if Server
import Foundation
import Hummingbird
import HTTPTypes
import MynahIO
import MynahInference
import MynahText
import NIOCore

/// `/v1/states`: texts whose states are stored on the server.
struct StateEndpoints: Sendable {
  private static let pieceLength = 256

  let models: ModelRegistry
  let states: StateStore

  func list(_ exchange: Exchange) async throws -> Response {
    Response(
      json: JSONValue.record([
        "object": .string("list"), "data": .array(await states.list(owner: exchange.owner).map(\.json)),
      ]).text)
  }

  func create(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (model, language) = try models.language(fields.string("model"))
    let ids = try Self.ids(&fields, language, beginsText: true, exchange)
    try fields.end()
    var predictor = NeuralPredictor(language.engine.network)
    try predictor.read([language.tokenizer.startID])
    let start = TextState(memory: predictor.memory)
    let text = try await read(ids ?? [], after: start, language, RequestLimit(exchange), scores: false).text
    return Response(json: try await states.add(text, of: model, owner: exchange.owner).json.text, status: .created)
  }

  func show(_ exchange: Exchange) async throws -> Response {
    Response(json: try await entry(exchange).json.text)
  }

  func delete(_ exchange: Exchange) async throws -> Response {
    try await states.delete(exchange.parameters[0], owner: exchange.owner)
    return Response(
      json: JSONValue.record([
        "id": .string(exchange.parameters[0]), "object": .string("state"), "deleted": .bool(true),
      ]).text)
  }

  /// Feeds more tokens of the text to its state.
  func feed(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (entry, language) = try await found(exchange)
    guard let ids = try Self.ids(&fields, language, beginsText: false, exchange) else {
      throw ServerFailure.invalid("expected 'text' or 'tokens'", "text")
    }
    try fields.end()
    let (text, logProbability) = try await read(ids, after: entry.text, language, RequestLimit(exchange), scores: true)
    let changed = try await states.replace(entry, by: text)
    return Response(
      json: JSONValue.object(changed.members + [.init(name: "logProbability", value: .real(logProbability))]).text)
  }

  /// Returns the most probable next tokens.
  func next(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let count = try fields.integer("count", in: 1...100) ?? 10
    try fields.end()
    let (entry, language) = try await found(exchange)
    let predictions = try await language.engine.run {
      var predictor = NeuralPredictor(language.engine.network, memory: entry.text.memory)
      let all = try predictor.logProbabilities()
      let most = all.map { Float($0) }.largest(count)
      return most.map { (id: Int32($0), probability: exp(all[$0])) }
    }
    let recent = entry.text.recent
    let names = TokenNames(language.tokenizer, after: language.tokenizer.decode(recent), recent)
    return Response(
      json: JSONValue.record([
        "object": .string("predictions"), "state": .string(entry.id),
        "predictions": .array(
          predictions.map {
            .record([
              "id": .integer($0.id), "text": .string(names.name(of: $0.id)), "probability": .real($0.probability),
            ])
          }),
      ]).text)
  }

  func fork(_ exchange: Exchange) async throws -> Response {
    let fields = try await exchange.fields()
    try fields.end()
    let entry = try await entry(exchange)
    let model = try models.model(entry.model)
    _ = try await states.state(entry.id, of: model, owner: exchange.owner)
    return Response(
      json: try await states.add(entry.text, of: model, owner: exchange.owner).json.text, status: .created)
  }

  // MARK: Files

  /// A state that is saved by a client.
  private struct Saved: Codable {
    let object: String
    let model, digest: String
    let text: TextState
  }

  private static let kind = "mynah-state"

  func save(_ exchange: Exchange) async throws -> Response {
    let entry = try await entry(exchange)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let saved = Saved(object: Self.kind, model: entry.model, digest: entry.digest, text: entry.text)
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(saved))))
  }

  func restore(_ exchange: Exchange) async throws -> Response {
    let body = try await exchange.body()
    guard let saved = try? JSONDecoder().decode(Saved.self, from: Data(body)), saved.object == Self.kind else {
      throw ServerFailure.invalid("expected a state that GET /v1/states/ID/file returned, found something else")
    }
    let (model, language) = try models.language(saved.model)
    guard saved.digest == model.digest else {
      throw ServerFailure.invalid(
        "the state does not belong to \(model.name.quoted()), or belongs to an earlier version of it; create it again",
        "digest", code: "state_of_other_model")
    }
    let (text, size) = (saved.text, language.tokenizer.vocabulary.count)
    guard text.memory.last != nil, text.memory.fits(language.engine.network), (0...1 << 53).contains(text.tokenCount),
      text.recent.count <= TextState.reach, text.recent.allSatisfy({ (0..<size).contains(Int($0)) })
    else { throw ServerFailure.invalid("the state does not fit its model: the document is damaged") }
    return Response(json: try await states.add(text, of: model, owner: exchange.owner).json.text, status: .created)
  }

  // MARK: Parts

  private func entry(_ exchange: Exchange) async throws -> StateStore.Entry {
    try await states.entry(exchange.parameters[0], owner: exchange.owner)
  }

  private func found(_ exchange: Exchange) async throws -> (StateStore.Entry, ServedModel.Language) {
    let entry = try await entry(exchange)
    let (model, language) = try models.language(entry.model)
    return (try await states.state(entry.id, of: model, owner: exchange.owner), language)
  }

  /// Returns the tokens of the field `text` or `tokens`; nil if both are missing.
  private static func ids(
    _ fields: inout RequestFields, _ language: ServedModel.Language, beginsText: Bool, _ exchange: Exchange
  ) throws -> [Int32]? {
    let tokens = try fields.ids("tokens", vocabularySize: language.tokenizer.vocabulary.count)
    let text = try fields.string("text")
    guard tokens == nil || text == nil else {
      throw ServerFailure.invalid("expected 'text' or 'tokens', found both", "text")
    }
    let encoded = try text.map { text in
      try ClientError.ofText("text") {
        beginsText
          ? try language.tokenizer.encodePrompt(text).ids
          : try language.tokenizer.encode(text, beginsText: false, endsText: false).ids
      }
    }
    let ids = tokens ?? encoded
    try exchange.checkTokens(ids?.count ?? 0, "text")
    return ids
  }

  private func read(
    _ ids: [Int32], after start: TextState, _ language: ServedModel.Language, _ limit: RequestLimit, scores: Bool
  ) async throws -> (text: TextState, logProbability: Double) {
    var (text, sum) = (start, 0.0)
    for place in stride(from: 0, to: ids.count, by: Self.pieceLength) {
      try limit.check()
      let (piece, before) = (Array(ids[place..<min(place + Self.pieceLength, ids.count)]), text)
      let (memory, score) = try await language.engine.run {
        var predictor = NeuralPredictor(language.engine.network, memory: before.memory)
        guard scores else {
          try predictor.read(piece)
          return (predictor.memory, 0.0)
        }
        let score = try predictor.score(piece).reduce(0, +)
        return (predictor.memory, score)
      }
      text.append(piece, memory: memory)
      sum += score
    }
    return (text, sum)
  }
}
#endif
