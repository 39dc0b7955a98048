import NIOCore
import NIOPosix
import Synchronization

/// A server on this machine that answers each request as a test wishes, also as no server should.
///
/// It speaks as much of HTTP/1.1 as it takes: a request a connection, no bodies of requests.
final class LocalServer: Sendable {
  /// What was asked.
  struct Request: Hashable {
    let path: String
    /// The first byte of the range that was asked for.
    let rangeStart: Int?
  }

  /// What is said in return.
  struct Answer {
    var status = "200 OK"
    var headers: [String] = []
    var body: [UInt8] = []
    /// Whether nothing follows, not even the connection's end.
    var hangs = false
  }

  private let channel: any Channel
  private let log: RequestLog

  /// Listens on a port that the system chooses.
  ///
  /// - Parameter answer: What to say to a request, and whether it is the first, the second and so on.
  init(answer: @escaping @Sendable (Request, _ number: Int) -> Answer) async throws {
    let log = RequestLog()
    self.log = log
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Conversation(log: log, answer: answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  deinit { channel.close(promise: nil) }

  /// The requests so far.
  var requests: [Request] { log.requests.withLock { $0 } }

  /// Where it is to be found.
  func address(_ path: String = "/file") -> String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)\(path)" }

  /// Ends and gives an address at which nobody listens any more.
  static func deserted() async throws -> String {
    let server = try await LocalServer { _, _ in Answer() }
    let address = server.address()
    try await server.channel.close()
    return address
  }

  private final class RequestLog: Sendable {
    let requests = Mutex<[Request]>([])

    /// Keeps a request and counts it.
    func number(_ request: Request) -> Int {
      requests.withLock {
        $0.append(request)
        return $0.count
      }
    }
  }

  /// Reads a request's head and answers it.
  private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: RequestLog
    private let answer: @Sendable (Request, Int) -> Answer
    private var head = ""

    init(log: RequestLog, answer: @escaping @Sendable (Request, Int) -> Answer) {
      (self.log, self.answer) = (log, answer)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      head += String(buffer: unwrapInboundIn(data))
      guard head.hasSuffix("\r\n\r\n") else { return }
      let lines = head.split(separator: "\r\n")
      let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
      let request = Request(
        path: String(lines[0].split(separator: " ")[1]),
        rangeStart: range.flatMap { Int($0.dropFirst("range: bytes=".count).dropLast()) })
      let answer = answer(request, log.number(request))
      let head = ["HTTP/1.1 \(answer.status)", "Connection: close"] + answer.headers
      var bytes = context.channel.allocator.buffer(string: head.joined(separator: "\r\n") + "\r\n\r\n")
      bytes.writeBytes(answer.body)
      let written = context.writeAndFlush(wrapOutboundOut(bytes))
      guard !answer.hangs else { return }
      let channel = context.channel
      written.whenComplete { _ in channel.close(promise: nil) }
    }
  }
}

extension LocalServer.Answer {
  /// A whole body.
  static func whole(_ bytes: [UInt8]) -> Self { Self(headers: ["Content-Length: \(bytes.count)"], body: bytes) }

  /// What a request asks of a file, as good servers answer.
  static func part(of bytes: [UInt8], _ request: LocalServer.Request) -> Self {
    guard let start = request.rangeStart else { return .whole(bytes) }
    guard start < bytes.count else { return .failure("416 Range Not Satisfiable") }
    return Self(
      status: "206 Partial Content",
      headers: [
        "Content-Length: \(bytes.count - start)", "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)",
      ], body: Array(bytes[start...]))
  }

  /// No more of the body than so many bytes, though more were announced.
  func cut(after count: Int) -> Self {
    var answer = self
    answer.body = Array(body.prefix(count))
    return answer
  }

  /// The same, and then silence.
  func hanging(after count: Int) -> Self {
    var answer = cut(after: count)
    answer.hangs = true
    return answer
  }

  static func redirect(to location: String, status: String = "302 Found") -> Self {
    Self(status: status, headers: ["Location: \(location)", "Content-Length: 0"])
  }

  static func failure(_ status: String) -> Self { Self(status: status, headers: ["Content-Length: 0"]) }
}
