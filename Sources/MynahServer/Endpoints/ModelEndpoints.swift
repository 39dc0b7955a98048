#if Server
import Hummingbird
import MynahAnalysis
import MynahIO
import MynahText

/// `/v1/models`, and the map of a model's embeddings.
struct ModelEndpoints: Sendable {
  let models: ModelRegistry

  func list(_ exchange: Exchange) async throws -> Response {
    Response(json: JSONValue.record(["object": .string("list"), "data": .array(models.models.map(\.card))]).text)
  }

  func card(_ exchange: Exchange) async throws -> Response {
    Response(json: try models.model(exchange.parameters[0]).card.text)
  }

  /// Returns the principal components of the embeddings of the vocabulary's first tokens, which are the most frequent
  /// ones if the vocabulary is ordered by frequency.
  func embeddings(_ exchange: Exchange) async throws -> Response {
    let (model, language) = try models.language(exchange.parameters[0])
    let given = exchange.request.uri.queryParameters["count"]
    guard let count = given.map({ Int($0) }) ?? 1000, (1...10_000).contains(count) else {
      throw ServerFailure.invalid("expected a 'count' from 1 to 10000", "count")
    }
    let vocabulary = language.tokenizer.vocabulary
    let ids = (0..<Int32(min(count, vocabulary.count))).map { $0 }
    let places = try await language.map.places(of: ids.count)
    let width = ids.isEmpty ? 0 : places.count / ids.count
    return Response(
      json: JSONValue.record([
        "object": .string("embeddings"), "model": .string(model.name),
        "tokens": .array(
          ids.enumerated().map { index, id in
            .record([
              "id": .integer(id), "text": .string(language.tokenizer.name(of: id)),
              "x": .real(width > 0 ? places[index * width] : 0), "y": .real(width > 1 ? places[index * width + 1] : 0),
            ])
          }),
      ]).text)
  }
}

extension AnyTokenizer {
  /// Returns the text of a token on its own; if it has none, its bytes or its name in the vocabulary.
  func name(of id: Int32) -> String {
    var names = TokenNames(self, after: "", [])
    return names.append(id).name
  }
}
#endif
