import ArgumentParser
import Foundation
import MynahIO
#if Server
import MynahServer
import MynahTensors
import Synchronization
#endif

struct ServeCommand: ShortHelp, ParsableCommand {
  static let commonFlags: Set = ["--host", "--port", "--tokens-file", "--precision", "--threads", "--configuration"]

  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve models over HTTP, with OpenAI's completions API and a page to try them out.",
    discussion: """
      After SIGINT or SIGTERM, the server completes the requests in progress and exits. A model file that
      changes is reloaded. Every flag can also be set by an environment variable, such as MYNAH_SERVE_PORT for
      --port, or by --configuration, a JSON object such as {"port": 8081, "models": ["notes.safetensors"]}.

        mynah serve notes.safetensors
        mynah serve notes.safetensors mail=spam.classifier --port 8081
        mynah serve notes.safetensors --host 0.0.0.0 --tokens-file tokens.txt
      """)

  @Argument(
    help: ArgumentHelp(
      "Model files and classifier files, or NAME=FILE for a name other than the file's.",
      valueName: "model"), completion: .file())
  var models: [String] = []

  @OptionGroup var options: ServeOptions

  func run() throws {
    #if Server
    try serve()
    #else
    throw NoServer()
    #endif
  }
}

/// The error of a build without the server.
private struct NoServer: CommandFailure {
  var failureCode: FailureCode { .unavailable }
  var sentence: String {
    "this build of mynah has no server; build it with the server: swift build -c release --traits Server"
  }
}

#if Server
extension ServeCommand {
  private func serve() throws {
    var settings = try ServeSetting.settings(models, options)
    // 64 file descriptors are left for files and for the server itself.
    settings.server.limits.connections = max(1, min(settings.server.limits.connections, Self.raisedFileLimit() - 64))
    let configured = settings.server
    let threads = settings.threads.map { ThreadTeam(threadCount: $0) } ?? ThreadTeam.current
    try ThreadTeam.$current.withValue(threads) {
      let server = try Server(configured)
      let (host, names) = (settings.server.host, settings.server.models.map(\.name).joined(separator: ", "))
      try Self.waiting {
        do {
          try await server.run { port in
            let address = host.contains(":") ? "[\(host)]" : host
            StandardError.inform("serving \(names) at http://\(address):\(port) until Ctrl-C\n")
          }
        } catch is Server.InterruptedTwice {
          throw InterruptedServer()
        } catch {
          throw ListeningFailure(host: host, port: configured.port, reason: "\(error)")
        }
      }
    }
  }

  /// Runs an asynchronous function and waits for its end.
  private static func waiting(_ body: @escaping @Sendable () async throws -> Void) throws {
    let (end, result) = (DispatchSemaphore(value: 0), ResultBox())
    Task {
      do { try await body() } catch { result.set(error) }
      end.signal()
    }
    end.wait()
    if let error = result.error { throw error }
  }

  private final class ResultBox: Sendable {
    private let value = Mutex<(any Error)?>(nil)
    var error: (any Error)? { value.withLock { $0 } }
    func set(_ error: any Error) { value.withLock { $0 = error } }
  }

  /// Raises the limit of open files as far as the system permits, and returns it.
  private static func raisedFileLimit() -> Int {
    var limit = rlimit()
    #if canImport(Darwin)
    let resource = RLIMIT_NOFILE
    #else
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
    guard unsafe getrlimit(resource, &limit) == 0 else { return .max }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    let current = unsafe setrlimit(resource, &limit) == 0 ? limit.rlim_max : before
    return Int(clamping: current)
  }
}

/// The server was interrupted while it waited for requests to end.
private struct InterruptedServer: CommandFailure {
  var failureCode: FailureCode { .interrupted }
  var sentence: String { "the server was interrupted again, before all requests were answered" }
}

/// The server cannot listen at its address, or has failed.
private struct ListeningFailure: CommandFailure {
  let host: String
  let port: Int
  let reason: String

  var failureCode: FailureCode { .inputOutput }
  var sentence: String {
    "the server at \(host.quoted()), port \(port), has ended: \(reason); if the address is in use, stop the other "
      + "program or choose another --port"
  }
}
#endif
