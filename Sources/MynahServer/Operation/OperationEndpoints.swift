#if Server
import Hummingbird
import MynahIO

/// `/health`, `/ready` and `/metrics`.
struct OperationEndpoints: Sendable {
  let models: ModelRegistry
  let states: StateStore
  let metrics: ServerMetrics
  let isEnding: Latch

  func health(_ exchange: Exchange) async throws -> Response { Response(json: #"{"status": "ok"}"#) }

  func ready(_ exchange: Exchange) async throws -> Response {
    guard !isEnding.isSet else { throw ServerFailure.shuttingDown }
    return Response(json: #"{"status": "ready"}"#)
  }

  func metricsText(_ exchange: Exchange) async throws -> Response {
    let (count, bytes) = await states.size
    let text = metrics.text(
      models: models.models.map { ($0.name, $0.metrics.figures) }, stateCount: count, stateBytes: bytes)
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: .init(string: text)))
  }
}
#endif
