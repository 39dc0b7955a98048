#if Server
import Hummingbird
import MynahClassification
import MynahIO

/// `POST /v1/classify`: the classes of texts.
struct ClassifyEndpoint: Sendable {
  let models: ModelRegistry

  func answer(_ exchange: Exchange) async throws -> Response {
    var fields = try await exchange.fields()
    let (model, classifier) = try models.classifier(fields.string("model"))
    let inputs = try fields.inputs()
    try fields.end()
    let limit = RequestLimit(exchange)
    var data: [JSONValue] = []
    for (index, input) in inputs.enumerated() {
      try limit.check()
      let prediction = try await classifier.worker.run {
        try ClientError.ofText("input") { try classifier.classifier.predict(input) }
      }
      data.append(
        .record([
          "index": .integer(index), "label": .string(prediction.label), "probability": .real(prediction.probability),
          "probabilities": .object(
            zip(prediction.labels, prediction.probabilities).map { .init(name: $0, value: .real($1)) }),
        ]))
    }
    return Response(
      json: JSONValue.record([
        "object": .string("classification"), "model": .string(model.name), "data": .array(data),
      ]).text)
  }
}
#endif
