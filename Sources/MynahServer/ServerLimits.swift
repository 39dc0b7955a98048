#if Server
/// The limits that keep one client from taking a server from the others.
package struct ServerLimits: Hashable, Sendable {
  /// The largest number of texts that are generated at the same time by a model.
  package var streams = 128
  /// The largest number of requests that wait for a place in a model's batch.
  package var queue = 256
  /// The largest body of a request, in bytes.
  package var bodyBytes = 1 << 20
  /// The largest number of tokens that a request may contain.
  package var promptTokens = 65_536
  /// The largest number of tokens that a request may generate, over all its texts.
  package var tokens = 65_536
  /// The largest number of stored states.
  package var states = 1000
  /// The seconds after its last use in which a state expires.
  package var stateSeconds = 3600
  /// The seconds that a request may take.
  package var requestSeconds = 300
  /// The largest number of open connections; more wait until one is closed.
  package var connections = 12_000
  /// The seconds in which a client has to send a request, or to read what was sent.
  package var transferSeconds = 30

  /// The defaults.
  package init() {}
}
#endif
