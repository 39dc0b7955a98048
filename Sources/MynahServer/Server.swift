#if Server
import Foundation
import Hummingbird
import HummingbirdCore
import HTTPTypes
import Logging
import MynahIO
import NIOCore
import ServiceLifecycle
import UnixSignals

/// An HTTP server for trained models; see docs/serve.md.
package struct Server: Sendable {
  private let settings: ServerSettings
  private let logger: Logger
  private let models: ModelRegistry

  /// Loads the models.
  ///
  /// - Throws: `FileError`, `CheckpointError`.
  package init(_ settings: ServerSettings) throws {
    self.settings = settings
    var logger = Logger(label: "mynah") {
      if settings.logsJSON { return JSONLogHandler(label: $0) as any LogHandler }
      return StreamLogHandler.standardError(label: $0)
    }
    logger.logLevel = settings.logLevel
    self.logger = logger
    models = try ModelRegistry(
      settings.models, precision: settings.precision, limits: settings.limits, logger: logger)
  }

  /// Serves until SIGTERM or SIGINT, and then finishes the requests in progress.
  ///
  /// - Parameter onStart: Called with the port once the server listens.
  /// - Throws: `ListeningError` if the server cannot listen at the address, `InterruptedTwice` after a second SIGINT.
  package func run(onStart: @escaping @Sendable (_ port: Int) -> Void = { _ in }) async throws {
    let isEnding = Latch()
    let limits = settings.limits
    let application = Application(
      responder: responder(isEnding),
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [
            // A chunk with one byte of data takes six bytes.
            ConnectionGuard(seconds: limits.transferSeconds, byteCount: 8 * limits.bodyBytes + (1 << 17))
          ],
          idleTimeout: .seconds(Int64(limits.transferSeconds)),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port), backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
      onServerRunning: { channel in onStart(channel.localAddress?.port ?? 0) },
      logger: logger)
    var configuration = ServiceGroupConfiguration(
      // Services are shut down from the last to the first.
      services: [ReloadService(models: models), application, ShutdownService(isEnding: isEnding)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(limits.requestSeconds + limits.transferSeconds)
    let group = ServiceGroup(configuration: configuration)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        do { try await group.run() } catch let error as IOError { throw ListeningError(error) }
      }
      tasks.addTask {
        var count = 0
        for await _ in await UnixSignalsSequence(trapping: .sigint) {
          count += 1
          if count == 2 { throw InterruptedTwice() }
        }
      }
      defer { tasks.cancelAll() }
      try await tasks.next()
    }
  }

  /// The error that a second SIGINT stopped the server before all requests were answered.
  package struct InterruptedTwice: Error {}

  /// The error that the server cannot listen at its address.
  package struct ListeningError: Error, CustomStringConvertible {
    package let description: String

    init(_ error: IOError) { description = unsafe String(cString: strerror(error.errnoCode)) }
  }

  private func responder(_ isEnding: Latch) -> ServerResponder {
    let states = StateStore(limits: settings.limits)
    let metrics = ServerMetrics()
    let operation = OperationEndpoints(models: models, states: states, metrics: metrics, isEnding: isEnding)
    let page = PageFiles()
    let model = ModelEndpoints(models: models)
    let tokens = TokenEndpoints(models: models)
    let state = StateEndpoints(models: models, states: states)
    let routes = [
      Route(method: .get, path: "/", isOpen: true, handler: page.page),
      Route(method: .get, path: "/page/*", isOpen: true, handler: page.file),
      Route(method: .get, path: "/openapi.yaml", isOpen: true, handler: page.description),
      Route(method: .get, path: "/health", isOpen: true, handler: operation.health),
      Route(method: .get, path: "/ready", isOpen: true, handler: operation.ready),
      Route(method: .get, path: "/metrics", handler: operation.metricsText),
      Route(method: .get, path: "/v1/models", handler: model.list),
      Route(method: .get, path: "/v1/models/*", handler: model.card),
      Route(method: .get, path: "/v1/models/*/embeddings", handler: model.embeddings),
      Route(method: .post, path: "/v1/completions", handler: CompletionEndpoint(models: models, states: states).answer),
      Route(method: .get, path: "/tokenizer_info", handler: tokens.info),
      Route(method: .post, path: "/tokenize", handler: tokens.tokenize),
      Route(method: .post, path: "/detokenize", handler: tokens.detokenize),
      Route(method: .post, path: "/v1/score", handler: ScoreEndpoint(models: models).answer),
      Route(method: .post, path: "/v1/suggestions", handler: SuggestionEndpoint(models: models, states: states).answer),
      Route(method: .post, path: "/v1/classify", handler: ClassifyEndpoint(models: models).answer),
      Route(method: .post, path: "/v1/states/restore", handler: state.restore),
      Route(method: .get, path: "/v1/states", handler: state.list),
      Route(method: .post, path: "/v1/states", handler: state.create),
      Route(method: .get, path: "/v1/states/*", handler: state.show),
      Route(method: .delete, path: "/v1/states/*", handler: state.delete),
      Route(method: .post, path: "/v1/states/*/feed", handler: state.feed),
      Route(method: .post, path: "/v1/states/*/next", handler: state.next),
      Route(method: .post, path: "/v1/states/*/fork", handler: state.fork),
      Route(method: .get, path: "/v1/states/*/file", handler: state.save),
    ]
    return ServerResponder(
      routes: routes, authorization: Authorization(tokens: settings.tokens), limits: settings.limits,
      bodies: BodyBudget(256 * settings.limits.bodyBytes), metrics: metrics,
      hosts: settings.permittedHosts, origin: settings.corsOrigin)
  }
}

/// A service that records that the server is shutting down.
private struct ShutdownService: Service {
  let isEnding: Latch

  func run() async throws {
    try? await gracefulShutdown()
    isEnding.set()
  }
}
#endif
