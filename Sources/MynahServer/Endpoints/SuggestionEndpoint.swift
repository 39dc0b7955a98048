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
    guard context.utf8.count <= exchange.limits.promptTokens, prefix.utf8.count <= 1000 else {
      throw ServerFailure.invalid("'context' or 'prefix' is longer than the server allows", "context")
    }
    guard let completers = language.completers else {
      throw ServerFailure.invalid("\(InferenceError.noCompletion)", "model", code: "model_kind")
    }
    var completer = ignoresCase ? completers.ignoringCase : completers.exact
    if let start = try await states.text(state, of: model, owner: exchange.owner) {
      completer = completer.continuing(NeuralPredictor(language.engine.network, memory: start.memory))
    }
    let limit = RequestLimit(exchange)
    for piece in Self.pieces(of: context) {
      try limit.check()
      let before = completer
      completer = try await language.worker.run {
        var completer = before
        _ = try ClientError.ofText("context") { try completer.read(piece) }
        return completer
      }
    }
    let after = completer
    let suggestions = try await language.worker.run {
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

  /// Returns the text in pieces of about 500 bytes that end after white space, or of 4,000 bytes if there is none.
  private static func pieces(of text: String) -> [String] {
    var (pieces, piece) = ([String](), "")
    for character in text {
      let endsWord = piece.last?.isWhitespace == true && !character.isWhitespace
      if piece.utf8.count >= 500 && endsWord || piece.utf8.count >= 4000 {
        pieces.append(piece)
        piece = ""
      }
      piece.append(character)
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }
}
#endif
