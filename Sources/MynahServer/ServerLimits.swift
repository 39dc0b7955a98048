#if Server
/// The limits that prevent a single client from monopolising a server.
package struct ServerLimits: Hashable, Sendable {
  /// The maximum number of texts that a model generates at the same time.
  package var streams = 128
  /// The maximum number of requests that wait for a place in a model's batch.
  package var queue = 256
  /// The maximum size of a request body, in bytes.
  package var bodyBytes = 1 << 20
  /// The maximum number of tokens that a request may contain.
  package var promptTokens = 65_536
  /// The maximum number of tokens that a request may generate, over all its texts.
  package var tokens = 65_536
  /// The maximum number of stored states.
  package var states = 1000
  /// The lifetime of a state after its last use, in seconds.
  package var stateSeconds = 3600
  /// The maximum duration of a request, in seconds.
  package var requestSeconds = 300
  /// The maximum number of open connections; more wait until one is closed.
  package var connections = 12_000
  /// The time limit for a client to send a request, or to read what was sent, in seconds.
  package var transferSeconds = 30

  /// The defaults.
  package init() {}
}
#endif
