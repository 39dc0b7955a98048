import AsyncHTTPClient
import Foundation
import MynahIO
import NIOCore
import NIOHTTP1
import NIOPosix

/// What the network's errors mean.
enum TransportFailure {
  /// Whether no connection was made; otherwise it broke off.
  static func isConnecting(_ error: any Error) -> Bool {
    switch error {
    case let error as HTTPClientError:
      ![.remoteConnectionClosed, .readTimeout, .uncleanShutdown, .cancelled].contains(error)
    case is HTTPParserError, is IOError, is ChannelError: false
    default: true
    }
  }

  /// The cause in words.
  static func reason(_ error: any Error, silence: Duration) -> String {
    switch error {
    case let error as NIOConnectionError:
      if let failure = error.connectionErrors.first {
        "\(error.host) cannot be connected to (\(reason(failure.error, silence: silence)))"
      } else {
        "the name \(error.host) cannot be resolved"
      }
    case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
    case is HTTPParserError: "the server closed the connection, or what it says is no HTTP"
    case let error as HTTPClientError: reason(of: error, silence: silence)
    default: "\(error)"
    }
  }

  private static func reason(of error: HTTPClientError, silence: Duration) -> String {
    switch error {
    case .connectTimeout, .tlsHandshakeTimeout: "the server did not answer in time"
    case .readTimeout: "the server was silent for \(silence.seconds.brief) s"
    case .remoteConnectionClosed, .uncleanShutdown: "the server closed the connection"
    default: error.shortDescription
    }
  }
}
