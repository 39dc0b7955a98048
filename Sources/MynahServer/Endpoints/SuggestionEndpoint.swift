#if Server
import Hummingbird
import MynahIO
import MynahInference
import MynahText

/// `POST /v1/suggestions`: words for a keyboard.
struct SuggestionEndpoint: Sendable {
  let models: ModelRegistry
  let states: StateStore

  func answer(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (model, language) = try models.language(fields.string("model"))
    let context = try fields.string("context") ?? ""
    let prefix = try fields.string("prefix") ?? ""
    let count = try fields.integer("count", in: 1...50) ?? 3
    let ignoresCase = try fields.bool("ignoreCase") ?? false
    let state = try fields.string("state")
    try fields.end()
    guard context.utf8.count <= 4 * exchange.limits.promptTokens, prefix.utf8.count <= 1000 else {
      throw ServerFailure.invalid("'context' or 'prefix' is longer than the server reads", "context")
    }
    let memory = try await {
      guard let state else { return nil as NeuralPredictor.Memory? }
      return try await states.state(state, of: model, owner: exchange.owner).text.memory
    }()
    let network = language.engine.network
    var completer = try ClientError.of("model", code: "model_kind") {
      try memory.map {
        try Completer(
          continuing: NeuralPredictor(network, memory: $0), tokenizer: language.tokenizer, ignoresCase: ignoresCase)
      }
        ?? Completer(
          NeuralPredictor(network), tokenizer: language.tokenizer, policy: language.statePolicy,
          ignoresCase: ignoresCase)
    }
    let limit = RequestLimit(exchange)
    for piece in Self.pieces(of: context) {
      try limit.check()
      let before = completer
      completer = try await language.engine.run {
        var completer = before
        _ = try ClientError.of("context", code: "unknown_token") { try completer.read(piece) }
        return completer
      }
    }
    let after = completer
    let suggestions = try await language.engine.run {
      var completer = after
      return try completer.suggestions(prefix: prefix, count: count)
    }
    return Response(
      json: JSONValue.record([
        "object": .string("suggestions"), "model": .string(model.name), "context": .string(context),
        "prefix": .string(prefix),
        "suggestions": .array(
          suggestions.map { .record(["text": .string($0.text), "probability": .real($0.probability)]) }),
      ]).text)
  }

  /// The text in pieces of about 500 bytes that end after white space.
  private static func pieces(of text: String) -> [String] {
    var (pieces, piece) = ([String](), "")
    for character in text {
      let endsHere = piece.utf8.count >= 500 && piece.last?.isWhitespace == true && !character.isWhitespace
      if endsHere {
        pieces.append(piece)
        piece = ""
      }
      piece.append(character)
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }
}
#endif
