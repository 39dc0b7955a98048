#if Server
package import Logging
package import MynahModels

/// The settings of a server.
package struct ServerSettings: Sendable {
  /// The models, with distinct names.
  package var models: [ModelSource]
  /// The address to listen at; the default is reachable from the same machine only.
  package var host = "127.0.0.1"
  /// The port; 0 for any free port.
  package var port = 8080
  /// The host names that requests may use in addition to loopback's, if the address is a loopback address.
  package var allowedHosts: [String] = []
  /// The bearer tokens that the server accepts; if empty, no token is required.
  package var tokens: [String] = []
  /// The origin whose pages may use the server; nil permits only the server's own pages.
  package var corsOrigin: String?
  /// The precision of the weights; nil for that of each file.
  package var precision: WeightPrecision?
  /// The limits.
  package var limits = ServerLimits()
  /// The minimum level of the messages that are logged.
  package var logLevel = Logger.Level.notice
  /// A Boolean value indicating whether messages are logged as JSON.
  package var logsJSON = false

  /// Creates the default settings for models.
  package init(models: [ModelSource]) { self.models = models }

  /// A Boolean value indicating whether the server can be reached from this machine only.
  package var isLoopback: Bool {
    let host = host.lowercased()
    return host == "localhost" || host.hasPrefix("127.") || ["::1", "[::1]", "0:0:0:0:0:0:0:1"].contains(host)
  }

  /// The hosts that requests may name; nil permits any host, because the server can be reached from other machines.
  var permittedHosts: Set<String>? {
    guard isLoopback else { return nil }
    let own = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    return Set((["127.0.0.1", "localhost", "[::1]", own] + allowedHosts).map { $0.lowercased() })
  }
}
#endif
