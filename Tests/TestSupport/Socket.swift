import Foundation

/// A TCP socket on this machine, closed on deinitialisation.
package final class Socket: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    #if canImport(Darwin)
    // A lost connection is an error, not a signal.
    var isOn: Int32 = 1
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &isOn, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }

  deinit { close(descriptor) }

  /// Returns a socket that listens on a port that the system chooses.
  package static func listening() throws -> Socket {
    let socket = try Socket(check(Foundation.socket(AF_INET, streamType, 0)))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    try check(unsafe withSocketAddress(&address) { unsafe bind(socket.descriptor, $0, $1) })
    try check(listen(socket.descriptor, 16))
    return socket
  }

  /// Returns a socket that is connected to a port on this machine.
  package static func connected(to port: Int) throws -> Socket {
    let socket = try Socket(check(Foundation.socket(AF_INET, streamType, 0)))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    try check(unsafe withSocketAddress(&address) { unsafe connect(socket.descriptor, $0, $1) })
    return socket
  }

  /// Shuts down the sending side.
  package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The port that the socket is bound to.
  package var port: UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withSocketAddress(&address) { pointer, _ in unsafe getsockname(descriptor, pointer, &size) }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Waits for a connection or for bytes.
  package func isReadable(within milliseconds: Int32) -> Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&state, 1, milliseconds) > 0
  }

  package func accept() -> Socket? {
    let connection = Foundation.accept(descriptor, nil, nil)
    return connection < 0 ? nil : Socket(connection)
  }

  /// Returns the next bytes, or nil at the end of the connection.
  package func receive() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  /// Sends bytes until all are sent or the client is gone.
  package func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Foundation.send(descriptor, $0.baseAddress, $0.count, Self.sendFlags)
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  // MARK: System calls

  #if canImport(Darwin)
  private static let streamType = SOCK_STREAM
  private static let sendFlags: Int32 = 0
  #else
  private static let streamType = Int32(SOCK_STREAM.rawValue)
  private static let sendFlags = Int32(MSG_NOSIGNAL)
  #endif

  @discardableResult
  private static func check(_ result: Int32) throws -> Int32 {
    guard result >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return result
  }
}

private func withSocketAddress(
  _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  unsafe withUnsafeMutablePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
