#if Server
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A channel handler that limits the time in which a client sends a request and reads the response, limits the bytes of
/// a request, and cancels the current request if the client disconnects.
///
/// A client that closes its sending side is treated as disconnected, because a crashed peer looks the same. After a
/// malformed request, nothing more is read, and the connection is closed after a delay in which the client can read the
/// response.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// An outbound event: the function to call if the client disconnects before the end of the response.
  struct Watch: Sendable {
    let leave: @Sendable () -> Void
  }

  /// The time between the response to a malformed request and the closing of the connection.
  private static let closingDelay = TimeAmount.seconds(1)

  private let limit: TimeAmount
  private let bytes: ByteLimit
  private var hasFailed = false
  private var watch: Watch?
  private var hasLeft = false
  private var sending: Scheduled<Void>?
  private var reading: Scheduled<Void>?

  /// - Parameters:
  ///   - seconds: The time limit for a whole request to arrive, and for the client to read a part of the response.
  ///   - byteCount: The maximum number of bytes of a request.
  init(seconds: Int, byteCount: Int) { (limit, bytes) = (.seconds(Int64(seconds)), ByteLimit(byteCount)) }

  func handlerAdded(context: ChannelHandlerContext) {
    do {
      let pipeline = context.pipeline.syncOperations
      try pipeline.addHandler(bytes, position: .first)
      try pipeline.addHandler(HostCheck(), position: .before(pipeline.handler(type: HTTP1ToHTTPServerCodec.self)))
    } catch {
      context.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      sending?.cancel()
      sending = closing(context)
    case .body: break
    case .end:
      sending?.cancel()
      sending = nil
      bytes.restart()
    }
    context.fireChannelRead(data)
  }

  func read(context: ChannelHandlerContext) { if !hasFailed { context.read() } }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if !hasFailed {
      hasFailed = true
      sending?.cancel()
      sending = closing(context, in: Self.closingDelay)
    }
    context.fireErrorCaught(error)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    reading?.cancel()
    reading = context.channel.isWritable ? nil : closing(context)
    context.fireChannelWritabilityChanged()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { watch = nil }
    context.write(data, promise: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent { leave() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    sending?.cancel()
    reading?.cancel()
    leave()
  }

  func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
    guard let watch = event as? Watch else { return context.triggerUserOutboundEvent(event, promise: promise) }
    self.watch = watch
    promise?.succeed()
    if hasLeft { leave() }
  }

  private func leave() {
    hasLeft = true
    watch?.leave()
    watch = nil
  }

  private func closing(_ context: ChannelHandlerContext, in time: TimeAmount? = nil) -> Scheduled<Void> {
    context.eventLoop.assumeIsolated().scheduleTask(in: time ?? limit) { context.close(promise: nil) }
  }
}

/// Rejects requests with several Host headers, and HTTP/1.1 requests without one.
///
/// Source: R. Fielding et al., RFC 9112, "HTTP/1.1", section 3.2.
private final class HostCheck: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) {
      let count = head.headers["host"].count
      guard count == 1 || count == 0 && head.version == .http1_0 else {
        return context.fireErrorCaught(HTTPParserError.invalidHeaderToken)
      }
    }
    context.fireChannelRead(data)
  }
}

/// Closes a connection that receives more bytes than a request may have, such as endless headers, chunks or empty
/// lines.
private final class ByteLimit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let limit: Int
  private var count = 0

  init(_ limit: Int) { self.limit = limit }

  /// Resets the count for the next request.
  func restart() { count = 0 }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    count += unwrapInboundIn(data).readableBytes
    guard count <= limit else { return context.close(promise: nil) }
    context.fireChannelRead(data)
  }
}

extension Channel {
  /// Calls a function if the client disconnects before the current request is answered.
  func watch(_ leave: @escaping @Sendable () -> Void) {
    // The event fails if the connection is already closed.
    triggerUserOutboundEvent(ConnectionGuard.Watch(leave: leave)).whenFailure { _ in leave() }
  }
}
#endif
