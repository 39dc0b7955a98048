#if Server
import Foundation
import Hummingbird
import MynahIO
import MynahInference
import MynahText

/// `POST /v1/score`: the log-probability of each token of texts, as `mynah score` measures it.
struct ScoreEndpoint: Sendable {
  /// The tokens that are scored between two steps of the batch.
  private static let pieceLength = 64

  let models: ModelRegistry

  func answer(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (model, language) = try models.language(fields.string("model"))
    let inputs = try fields.inputs()
    let alternatives = try fields.integer("alternatives", in: 0...10) ?? 0
    try fields.end()
    let texts = try inputs.map { input in
      try ClientError.of("input", code: "unknown_token") {
        try TextTokens.tokens(of: input, language.tokenizer, policy: language.statePolicy)
      }
    }
    let count = texts.reduce(0) { $0 + $1.count }
    guard count <= exchange.limits.promptTokens else {
      throw ServerFailure.invalid(
        "the texts have \(count) tokens, the server reads at most \(exchange.limits.promptTokens)", "input")
    }
    let limit = RequestLimit(exchange)
    var data: [JSONValue] = []
    for (index, tokens) in texts.enumerated() {
      var scores = TextScores(language.engine.network, alternativeCount: alternatives)
      for start in stride(from: 0, to: tokens.count, by: Self.pieceLength) {
        try limit.check()
        let (piece, before) = (Array(tokens[start..<min(start + Self.pieceLength, tokens.count)]), scores)
        scores = try await language.engine.run {
          var scores = before
          try scores.add(piece)
          return scores
        }
      }
      data.append(scores.json(index, tokens, language.tokenizer))
    }
    return Response(
      json: JSONValue.record(["object": .string("score"), "model": .string(model.name), "data": .array(data)]).text)
  }
}

/// The predictions of a text's tokens.
private struct TextScores: Sendable {
  private let model: InferenceModel
  private let alternativeCount: Int
  private var predictor: NeuralPredictor
  /// One for each token; nil for context.
  private var predictions: [TokenPrediction?] = []

  init(_ model: InferenceModel, alternativeCount: Int) {
    (self.model, self.alternativeCount, predictor) = (model, alternativeCount, NeuralPredictor(model))
  }

  mutating func add(_ tokens: [TextToken]) throws {
    var rest = tokens[...]
    while let first = rest.first {
      switch first.beginning {
      case .after(let id):
        predictor = NeuralPredictor(model)
        try predictor.read([id])
      case .ofNothing:
        predictor = NeuralPredictor(model)
        try predictor.read([first.id])
        predictions.append(nil)
        rest = rest.dropFirst()
        continue
      case nil: break
      }
      let end = rest.dropFirst().firstIndex { $0.beginning != nil } ?? rest.endIndex
      predictions += try predictor.predictions(reading: rest[..<end].map(\.id), alternativeCount: alternativeCount)
        .map { $0 }
      rest = rest[end...]
    }
  }

  /// The figures as JSON: the text's, those of its lines, and those of their tokens.
  func json(_ index: Int, _ tokens: [TextToken], _ tokenizer: AnyTokenizer) -> JSONValue {
    let unknownID = tokenizer.vocabulary.unknownID
    var (total, lines) = (LineScore(), [(number: Int, score: LineScore, tokens: [JSONValue])]())
    var names = TokenNames(tokenizer, after: "", [])
    for (token, prediction) in zip(tokens, predictions) {
      if token.beginning != nil { names = TokenNames(tokenizer, after: "", []) }
      let shown = json(token, prediction, names, isUnknown: token.id == unknownID)
      _ = names.append(token.id)
      if lines.last?.number != token.line { lines.append((token.line, LineScore(), [])) }
      if let prediction {
        var score = LineScore()
        score.logProbability = prediction.logProbability
        score.tokenCount = 1
        score.unknownCount = token.id == unknownID ? 1 : 0
        total += score
        lines[lines.count - 1].score += score
      }
      lines[lines.count - 1].tokens.append(shown)
    }
    return .record([
      "index": .integer(index), "logProbability": .real(total.logProbability), "tokenCount": .integer(total.tokenCount),
      "unknownCount": .integer(total.unknownCount), "perplexity": total.perplexity.map { .real($0) } ?? .null,
      "lines": .array(
        lines.map { line in
          .record([
            "line": .integer(line.number), "logProbability": .real(line.score.logProbability),
            "tokenCount": .integer(line.score.tokenCount), "unknownCount": .integer(line.score.unknownCount),
            "tokens": .array(line.tokens),
          ])
        }),
    ])
  }

  private func json(
    _ token: TextToken, _ prediction: TokenPrediction?, _ names: TokenNames, isUnknown: Bool
  ) -> JSONValue {
    .record([
      "id": .integer(token.id), "text": .string(names.name(of: token.id)),
      "logProbability": prediction.map { .real($0.logProbability) } ?? .null,
      "surprisal": prediction.map { .real(-$0.logProbability / log(2)) } ?? .null,
      "rank": prediction.map { .integer($0.rank) } ?? .null, "isUnknown": .bool(isUnknown),
      "alternatives": .array(
        (prediction?.alternatives ?? []).map {
          .record([
            "id": .integer($0.id), "text": .string(names.name(of: $0.id)), "probability": .real(exp($0.logProbability)),
          ])
        }),
    ])
  }
}
#endif
