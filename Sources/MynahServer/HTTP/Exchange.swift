#if Server
import Hummingbird
import HTTPTypes
import Logging
import MynahIO
import NIOCore

/// The context of a request: its connection.
struct ConnectionContext: InitializableFromSource, Sendable {
  let channel: any Channel
  let logger: Logger

  init(source: ApplicationRequestContextSource) { (channel, logger) = (source.channel, source.logger) }
}

/// A request that is being answered.
struct Exchange: Sendable {
  let request: Request
  let context: ConnectionContext
  /// The values of the placeholders in the route's path.
  let parameters: [String]
  /// The owner of states: a digest of the bearer token; empty if the server has no tokens.
  let owner: String
  let start: ContinuousClock.Instant
  let limits: ServerLimits
  let bodies: BodyBudget

  /// Checks that a request has no more tokens than the server reads.
  func checkTokens(_ count: Int, _ parameter: String) throws(ServerFailure) {
    guard count <= limits.promptTokens else {
      throw .invalid(
        "the request has \(count) tokens, the server reads at most \(limits.promptTokens)", parameter)
    }
  }

  /// Reads the body as a JSON object.
  ///
  /// - Throws: `ServerFailure` if it is too large, is not declared as JSON, or is not an object.
  func fields() async throws -> RequestFields { try RequestFields(await body()) }

  /// Reads the body.
  ///
  /// - Throws: `ServerFailure` if it is too large or not declared as JSON.
  func body() async throws -> [UInt8] {
    // Pages of other origins can send other content types without a CORS preflight.
    let type = request.headers[.contentType]?.lowercased() ?? ""
    guard type == "application/json" || type.hasPrefix("application/json;") else {
      throw ServerFailure(
        status: 415, kind: .invalidRequest,
        message: "expected the header 'Content-Type: application/json', found \(type.isEmpty ? "none" : type.quoted())",
        code: "unsupported_media_type")
    }
    if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw ServerFailure(
        status: 415, kind: .invalidRequest,
        message: "expected a body without Content-Encoding, found \(encoding.quoted())",
        code: "unsupported_media_type")
    }
    // A chunked body may be as long as the limit.
    let size = request.headers[.contentLength].flatMap { Int($0) } ?? limits.bodyBytes
    guard size <= limits.bodyBytes else { throw ServerFailure.bodyTooLarge }
    guard bodies.take(size) else { throw ServerFailure.tooManyBodies }
    defer { bodies.give(size) }
    var request = request
    let body: ByteBuffer
    do {
      body = try await request.collectBody(upTo: limits.bodyBytes)
    } catch is NIOTooManyBytesError {
      throw ServerFailure.bodyTooLarge
    }
    return Array(body.readableBytesView)
  }
}

/// The conditions for continuing a request that is processed in pieces.
struct RequestLimit: Sendable {
  private let exchange: Exchange
  private let hasLeft = Latch()

  init(_ exchange: Exchange) {
    self.exchange = exchange
    exchange.context.channel.watch { [hasLeft] in hasLeft.set() }
  }

  /// Checks that the client is still connected and that the request has time left.
  ///
  /// - Throws: `ServerFailure`.
  func check() throws(ServerFailure) {
    guard !hasLeft.isSet else { throw .clientClosed }
    guard ContinuousClock.now - exchange.start < .seconds(exchange.limits.requestSeconds) else { throw .timeout }
  }
}

extension Response {
  /// Creates a JSON response.
  init(json: String, status: HTTPResponse.Status = .ok) {
    self.init(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: json)))
  }

  /// Creates the response to a request that failed.
  init(_ failure: ServerFailure) {
    self.init(json: failure.json, status: HTTPResponse.Status(code: failure.status))
    if let seconds = failure.retryAfter { headers[.retryAfter] = "\(seconds)" }
    if failure.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
  }
}
#endif
