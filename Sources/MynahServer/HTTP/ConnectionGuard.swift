#if Server
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Watches a connection: it limits the time in which a client sends a request and reads the answer, and tells the
/// request that is being answered when the client leaves.
///
/// A client that closes its sending side has left: a peer that has crashed cannot be told from it.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// An outbound event: the function to call when the client leaves before the answer's end.
  struct Watch: Sendable {
    let leave: @Sendable () -> Void
  }

  private let limit: TimeAmount
  private var watch: Watch?
  private var hasLeft = false
  private var sending: Scheduled<Void>?
  private var reading: Scheduled<Void>?

  /// - Parameter seconds: The time in which a whole request has to arrive, and in which a client has to read some of an
  ///   answer.
  init(seconds: Int) { limit = .seconds(Int64(seconds)) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      sending?.cancel()
      sending = closing(context)
    case .body: break
    case .end:
      sending?.cancel()
      sending = nil
    }
    context.fireChannelRead(data)
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

  private func closing(_ context: ChannelHandlerContext) -> Scheduled<Void> {
    context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
  }
}

extension Channel {
  /// Calls a function when the client leaves before the current request is answered.
  func watch(_ leave: @escaping @Sendable () -> Void) {
    // The event fails if the connection is closed already.
    triggerUserOutboundEvent(ConnectionGuard.Watch(leave: leave)).whenFailure { _ in leave() }
  }
}
#endif
