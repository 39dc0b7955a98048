#if Server
import MynahIO
import Foundation
import Hummingbird
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1

/// A path with a method, and the function that handles its requests.
struct Route: Sendable {
  typealias Handler = @Sendable (Exchange) async throws -> Response

  let method: HTTPRequest.Method
  /// The path, in which `*` matches any single component.
  let path: String
  /// A Boolean value indicating whether no token is needed.
  var isOpen = false
  let handler: Handler

  /// Returns the values of the placeholders; nil if a path does not match.
  fileprivate func parameters(of parts: [Substring]) -> [String]? {
    let own = self.path.split(separator: "/", omittingEmptySubsequences: false)
    guard own.count == parts.count else { return nil }
    var parameters: [String] = []
    for (own, part) in zip(own, parts) {
      if own == "*" {
        guard !part.isEmpty, let value = part.removingPercentEncoding else { return nil }
        parameters.append(value)
      } else if own != part {
        return nil
      }
    }
    return parameters
  }
}

/// Answers the requests of a server: finds the route, checks the token, and converts errors to responses.
struct ServerResponder: HTTPResponder {
  let routes: [Route]
  let authorization: Authorization
  let limits: ServerLimits
  let bodies: BodyBudget
  let metrics: ServerMetrics
  /// The hosts that a request may name; nil permits any host.
  let hosts: Set<String>?
  /// The origin whose pages may use the server.
  let origin: String?

  func respond(to request: Request, context: ConnectionContext) async throws -> Response {
    let start = ContinuousClock.now
    metrics.begin()
    var endpoint = "unknown"
    var response: Response
    do {
      response = try await answer(request, context, start, &endpoint)
    } catch let error as HTTPParserError {
      // Hummingbird answers malformed requests itself, and closes the connection.
      metrics.end(endpoint, status: 400, after: ContinuousClock.now - start)
      throw error
    } catch {
      let failure = Self.failure(error)
      if failure.status == 500 { context.logger.error("request failed", metadata: ["error": "\(error)"]) }
      response = Response(failure)
    }
    response.headers[HTTPField.Name.xContentTypeOptions] = "nosniff"
    if let origin {
      response.headers[.vary] = "Origin"
      if request.headers[.origin] == origin { response.headers[.accessControlAllowOrigin] = origin }
    }
    let (status, name, method) = (response.status.code, endpoint, request.method.rawValue)
    response.body = response.body.ending {
      let duration = ContinuousClock.now - start
      metrics.end(name, status: status, after: duration)
      context.logger.info(
        "answered",
        metadata: [
          "method": "\(method)", "endpoint": "\(name)", "status": "\(status)",
          "milliseconds": "\(Int(duration.seconds * 1000))",
        ])
    }
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(
    _ request: Request, _ context: ConnectionContext, _ start: ContinuousClock.Instant, _ endpoint: inout String
  ) async throws -> Response {
    try checkHost(request)
    let parts = request.uri.path.split(separator: "/", omittingEmptySubsequences: false)
    let found = routes.compactMap { route in route.parameters(of: parts).map { (route, $0) } }
    guard let first = found.first else {
      throw ServerFailure.notFound("there is no such path; GET /openapi.yaml lists them", code: "unknown_path")
    }
    endpoint = first.0.path
    if request.method == .options { return preflight(request, found.map(\.0.method)) }
    let method = request.method == .head ? .get : request.method
    guard let (route, parameters) = found.first(where: { $0.0.method == method }) else {
      var response = Response(
        ServerFailure(
          status: 405, kind: .invalidRequest, message: "this path does not support \(request.method.rawValue)",
          code: "method_not_allowed"))
      response.headers[.allow] = Self.names(found.map(\.0.method))
      return response
    }
    let owner = route.isOpen ? "" : try authorization.owner(request.headers[.authorization])
    return try await route.handler(
      Exchange(
        request: request, context: context, parameters: parameters, owner: owner, start: start, limits: limits,
        bodies: bodies))
  }

  /// Rejects requests that name another host, to prevent DNS rebinding: a page whose domain resolves to this server's
  /// address sends its own host name.
  private func checkHost(_ request: Request) throws(ServerFailure) {
    // Browsers always send a host; simple health checks may not.
    guard let hosts, let authority = request.head.authority else { return }
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    guard hosts.contains(host.lowercased()) else {
      throw ServerFailure(
        status: 403, kind: .invalidRequest,
        message: "the server does not accept this host name; add it to the allowed host names",
        code: "host_not_allowed")
    }
  }

  private func preflight(_ request: Request, _ methods: [HTTPRequest.Method]) -> Response {
    var response = Response(status: .noContent, headers: [.allow: Self.names(methods)])
    if let origin, request.headers[.origin] == origin {
      response.headers[.accessControlAllowMethods] = Self.names(methods)
      response.headers[.accessControlAllowHeaders] = "Authorization, Content-Type"
      response.headers[.accessControlMaxAge] = "600"
    }
    return response
  }

  private static func names(_ methods: [HTTPRequest.Method]) -> String {
    let names = Set(methods.map(\.rawValue) + (methods.contains(.get) ? ["HEAD"] : []) + ["OPTIONS"])
    return names.sorted().joined(separator: ", ")
  }

  private static func failure(_ error: any Error) -> ServerFailure {
    if let error = error as? any HTTPResponseError {
      return ServerFailure(
        status: error.status.code, kind: error.status.code < 500 ? .invalidRequest : .server,
        message: error.status.reasonPhrase)
    }
    return ServerFailure(error)
  }
}

/// An object that calls a function when it is deinitialised.
private final class Ending: Sendable {
  private let end: @Sendable () -> Void

  init(_ end: @escaping @Sendable () -> Void) { self.end = end }

  deinit { end() }
}

extension ResponseBody {
  /// Returns a body that calls a function at its end, even if the body is never written.
  fileprivate func ending(_ end: @escaping @Sendable () -> Void) -> ResponseBody {
    guard !isWhole else {
      end()
      return self
    }
    let ending = Ending(end)
    return ResponseBody(contentLength: contentLength) { writer in
      defer { extendLifetime(ending) }
      try await self.write(writer)
    }
  }

  /// A Boolean value indicating whether the length is known, which means that the body is in memory.
  private var isWhole: Bool { contentLength != nil }
}
#endif
