#if Server
/// The limits that keep one client from taking a server from the others.
public struct ServerLimits: Hashable, Sendable {
  /// The largest number of texts that are generated at the same time by a model.
  public var streams = 128
  /// The largest number of requests that wait for a place in a model's batch.
  public var queue = 256
  /// The largest body of a request, in bytes.
  public var bodyBytes = 1 << 20
  /// The largest number of tokens that a request may contain.
  public var promptTokens = 65_536
  /// The largest number of tokens that a request may generate, over all its texts.
  public var tokens = 65_536
  /// The largest number of stored states.
  public var states = 1000
  /// The seconds after its last use in which a state expires.
  public var stateSeconds = 3600
  /// The seconds that a request may take.
  public var requestSeconds = 300
  /// The largest number of open connections; more wait until one is closed.
  public var connections = 12_000
  /// The seconds in which a client has to send a request, or to read what was sent.
  public var transferSeconds = 30

  /// The defaults.
  public init() {}
}
#endif
