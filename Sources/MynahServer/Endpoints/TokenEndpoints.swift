#if Server
import Hummingbird
import MynahIO
import MynahText

/// `/tokenizer_info`, `/tokenize` and `/detokenize`, as evaluation harnesses call them.
struct TokenEndpoints: Sendable {
  let models: ModelRegistry

  func info(_ exchange: Exchange) async throws -> Response {
    let name = exchange.request.uri.queryParameters["model"].map(String.init)
    let (_, language) = try models.language(name)
    let tokenizer = language.tokenizer
    let start = JSONValue.string(tokenizer.startText)
    return Response(
      json: JSONValue.record([
        "kind": .string(tokenizer.kind), "vocabularySize": .integer(tokenizer.vocabulary.count), "eos_token": start,
        "bos_token": start, "pad_token": .null, "chat_template": .null,
      ]).text)
  }

  func tokenize(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (_, language) = try models.language(fields.string("model"))
    guard let prompt = try fields.string("prompt") else { throw ServerFailure.invalid("'prompt' is missing", "prompt") }
    let addsStart = try fields.bool("add_special_tokens") ?? false
    try fields.end()
    let tokenizer = language.tokenizer
    let own = try ClientError.ofText("prompt") { try tokenizer.encodePrompt(prompt).ids }
    // A prompt that is the name of the start token encodes to that token.
    let ids = prompt == tokenizer.startText ? [tokenizer.startID] : own
    try exchange.checkTokens(ids.count, "prompt")
    let all = (addsStart ? [tokenizer.startID] : []) + ids
    var names = TokenNames(tokenizer, after: "", [])
    return Response(
      json: JSONValue.record([
        "tokens": .array(all.map { .integer($0) }), "count": .integer(all.count),
        "strings": .array(all.map { .string(names.append($0).name) }),
      ]).text)
  }

  func detokenize(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (_, language) = try models.language(fields.string("model"))
    let ids = try fields.ids("tokens", vocabularySize: language.tokenizer.vocabulary.count)
    guard let ids else { throw ServerFailure.invalid("'tokens' is missing", "tokens") }
    try fields.end()
    try exchange.checkTokens(ids.count, "tokens")
    return Response(json: JSONValue.record(["prompt": .string(language.tokenizer.decode(ids))]).text)
  }
}

extension AnyTokenizer {
  /// The name of the start token: `<eos>` for word tokenizers, a line end for others.
  fileprivate var startText: String { vocabulary[startID] }
}
#endif
