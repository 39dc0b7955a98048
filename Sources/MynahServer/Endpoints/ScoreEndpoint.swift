#if Server
import Foundation
import Hummingbird
import MynahIO
import MynahInference
import MynahText
import NIOCore

/// `POST /v1/score`: the log-probability of each token of texts, as `mynah score` measures it.
struct ScoreEndpoint: Sendable {
  /// The maximum number of tokens that are scored between two steps of the batch.
  private static let pieceLength = 64

  let models: ModelRegistry

  func answer(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (model, language) = try models.language(fields.string("model"))
    let inputs = try fields.inputs()
    let alternatives = try fields.integer("alternatives", in: 0...10) ?? 0
    try fields.end()
    let texts = try inputs.map { input in
      try ClientError.ofText("input") {
        try TextTokens.tokens(of: input, language.tokenizer, policy: language.statePolicy)
      }
    }
    try exchange.checkTokens(texts.reduce(0) { $0 + $1.count }, "input")
    let limit = RequestLimit(exchange)
    var json = JSONText()
    json.raw("{\"object\": \"score\", \"model\": ")
    json.string(model.name)
    json.raw(", \"data\": [")
    for (index, tokens) in texts.enumerated() {
      if index > 0 { json.raw(", ") }
      let predictions = try await predictions(of: tokens, language, alternatives, limit)
      TextScores(tokens, predictions, language.tokenizer).write(index, to: &json)
    }
    json.raw("]}")
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
  }

  /// Returns the prediction of each token; nil for context.
  private func predictions(
    of tokens: [TextToken], _ language: ServedModel.Language, _ alternativeCount: Int, _ limit: RequestLimit
  ) async throws -> [TokenPrediction?] {
    let network = language.engine.network
    var (predictor, predictions) = (NeuralPredictor(network), [TokenPrediction?]())
    for start in stride(from: 0, to: tokens.count, by: Self.pieceLength) {
      try limit.check()
      let (piece, before) = (Array(tokens[start..<min(start + Self.pieceLength, tokens.count)]), predictor)
      let (after, found) = try await language.engine.run {
        var (predictor, found) = (before, [TokenPrediction?]())
        for run in piece.runs {
          if run.beginsText { predictor = NeuralPredictor(network) }
          try predictor.read(run.context)
          if run.contextIsToken { found.append(nil) }
          found += try predictor.predictions(reading: run.ids, alternativeCount: alternativeCount).map { $0 }
        }
        return (predictor, found)
      }
      predictor = after
      predictions += found
    }
    return predictions
  }
}

/// The scores of a text, its lines and its tokens.
private struct TextScores {
  private struct Line {
    let number: Int
    var score = LineScore()
    var tokens: Range<Int>
  }

  private let tokens: [TextToken]
  private let predictions: [TokenPrediction?]
  private let tokenizer: AnyTokenizer
  private var total = LineScore()
  private var lines: [Line] = []

  init(_ tokens: [TextToken], _ predictions: [TokenPrediction?], _ tokenizer: AnyTokenizer) {
    (self.tokens, self.predictions, self.tokenizer) = (tokens, predictions, tokenizer)
    for (place, token) in tokens.enumerated() {
      if lines.last?.number != token.line { lines.append(Line(number: token.line, tokens: place..<place)) }
      lines[lines.count - 1].tokens = lines[lines.count - 1].tokens.lowerBound..<place + 1
      guard let prediction = predictions[place] else { continue }
      var score = LineScore()
      (score.logProbability, score.tokenCount) = (prediction.logProbability, 1)
      score.unknownCount = isUnknown(token) ? 1 : 0
      total += score
      lines[lines.count - 1].score += score
    }
  }

  private func isUnknown(_ token: TextToken) -> Bool { token.id == tokenizer.vocabulary.unknownID }

  func write(_ index: Int, to json: inout JSONText) {
    json.raw("{\"index\": \(index), ")
    Self.write(total, to: &json)
    json.raw(", \"perplexity\": ")
    json.number(total.perplexity)
    json.raw(", \"lines\": ")
    var names = TokenNames(tokenizer, after: "", [])
    json.array(lines, separator: ", ") { json, line in
      json.raw("{\"line\": \(line.number), ")
      Self.write(line.score, to: &json)
      json.raw(", \"tokens\": ")
      json.array(line.tokens, separator: ", ") { json, place in
        if tokens[place].beginning != nil { names = TokenNames(tokenizer, after: "", []) }
        write(tokens[place], predictions[place], names, to: &json)
        _ = names.append(tokens[place].id)
      }
      json.raw("}")
    }
    json.raw("}")
  }

  private static func write(_ score: LineScore, to json: inout JSONText) {
    json.raw("\"logProbability\": ")
    json.number(score.logProbability)
    json.raw(", \"tokenCount\": \(score.tokenCount), \"unknownCount\": \(score.unknownCount)")
  }

  private func write(
    _ token: TextToken, _ prediction: TokenPrediction?, _ names: TokenNames, to json: inout JSONText
  ) {
    json.raw("{\"id\": \(token.id), \"text\": ")
    json.string(names.name(of: token.id))
    json.raw(", \"logProbability\": ")
    json.number(prediction?.logProbability)
    json.raw(", \"surprisal\": ")
    json.number(prediction.map { -$0.logProbability / log(2) })
    json.raw(", \"rank\": \(prediction.map { "\($0.rank)" } ?? "null"), \"isUnknown\": \(isUnknown(token))")
    json.raw(", \"alternatives\": ")
    json.array(prediction?.alternatives ?? [], separator: ", ") { json, alternative in
      json.raw("{\"id\": \(alternative.id), \"text\": ")
      json.string(names.name(of: alternative.id))
      json.raw(", \"probability\": ")
      json.number(exp(alternative.logProbability))
      json.raw("}")
    }
    json.raw("}")
  }
}
#endif
