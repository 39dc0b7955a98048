#if MPI
internal import CMPI
import Dispatch
import Foundation
import MynahIO
import MynahTensors
public import MynahTraining
import Synchronization

/// A communicator whose ranks are MPI processes, started by `mpirun`, Slurm or Kubernetes on one or more machines.
///
/// Communication overlaps with computation: a background thread drives MPI, and so does any thread that waits for a
/// message. A process can join only once.
public final class MPICommunicator: Communicator {
  public let rank: Int
  public let rankCount: Int
  private let timeout: Double
  private let traffic: Mutex<Traffic>
  private let isClosed = Latch()
  /// Wakes the thread that drives MPI.
  private let wake = DispatchSemaphore(value: 0)

  /// Joins the ranks that were started together.
  ///
  /// - Parameter timeout: The number of seconds to wait for a message before giving up.
  /// - Throws: `MPIError`.
  public init(timeout: Double) throws {
    // By default, Open MPI's TCP transport does a handshake before messages of more than 64 KiB; at 1 Gb/s, such a step
    // took a quarter longer.
    for name in ["OMPI_MCA_btl_tcp_eager_limit", "OMPI_MCA_btl_tcp_rndv_eager_limit"] {
      unsafe setenv(name, "33554432", 0)
    }
    var (rank, count) = (Int32(0), Int32(0))
    try unsafe MPIError.check(mynah_mpi_start(&rank, &count))
    (self.rank, rankCount, self.timeout) = (Int(rank), Int(count), timeout)
    traffic = Mutex(Traffic(rankCount: Int(count)))
    guard count > 1 else { return }
    let thread = Thread { [weak self, wake] in
      while let self, !self.isClosed.isSet {
        // An error is stored here and thrown by `receive`.
        let isBusy = self.traffic.withLock { traffic in
          // Checked again under the lock: no MPI call is permitted after MPI_Finalize.
          guard !self.isClosed.isSet else { return false }
          do {
            traffic.isWatched = try traffic.advance()
          } catch {
            traffic.failure = traffic.failure ?? error
          }
          return traffic.isWatched
        }
        _ = wake.wait(timeout: .now() + (isBusy ? Self.pause : Self.rest))
      }
    }
    thread.name = "mynah-mpi"
    thread.start()
  }

  /// The polling interval while messages are in transit.
  ///
  /// A poll costs the computing thread about 20 µs: with an interval of 0.1 ms, a step took a fifth longer.
  private static let pause = DispatchTimeInterval.milliseconds(1)
  /// The polling interval while no messages are in transit, as in the forward pass.
  private static let rest = DispatchTimeInterval.milliseconds(20)

  public func send(_ message: RankMessage, to rank: Int) throws {
    let outgoing = Outgoing(message)
    let wakes = try traffic.withLock { traffic in
      try traffic.send(outgoing, to: rank)
      defer { traffic.isWatched = true }
      return !traffic.isWatched
    }
    if wakes { wake.signal() }
  }

  public func receive(from rank: Int) throws -> RankMessage {
    var time = WaitingTime()
    while true {
      let arrived = try traffic.withLock { traffic in
        if let failure = traffic.failure { throw failure }
        _ = try traffic.advance()
        return traffic.take(from: rank)
      }
      let message = try arrived?.message(from: rank)
      if case .failure(let code, let sentence)? = message {
        throw CommunicationError.failed(rank: rank, code: code, sentence: sentence)
      }
      if let message { return message }
      let waited = time.read()
      guard waited < timeout else { throw CommunicationError.timedOut(rank: rank, seconds: timeout) }
      // Messages within a training step arrive soon; while another rank writes a file, the wait is longer.
      if waited < 0.01 { sched_yield() } else { usleep(100) }
    }
  }

  /// Leaves the ranks once all of them have sent a farewell and have received what was sent to them.
  ///
  /// - Parameter seconds: The maximum time to wait for the other ranks.
  /// - Returns: A Boolean value indicating whether all ranks have left.
  public func close(within seconds: Double) -> Bool {
    var time = WaitingTime()
    do {
      try traffic.withLock { traffic in
        for other in 0..<rankCount where other != rank { try traffic.send(.farewell, to: other) }
      }
      while try !traffic.withLock({ try $0.hasEnded() }) {
        guard time.read() < seconds else { return false }
        usleep(100)
      }
    } catch {
      return false
    }
    isClosed.set()
    let hasLeft = Latch()
    let thread = Thread { [self] in
      traffic.withLock { _ in _ = mynah_mpi_end() }
      hasLeft.set()
    }
    thread.start()
    while !hasLeft.isSet && time.read() < seconds { usleep(1000) }
    return hasLeft.isSet
  }

  /// Terminates all ranks immediately, even unresponsive ones, and exits this process with an exit code.
  public func abort(code: Int32) -> Never {
    // If another thread hangs in an MPI call, the launcher terminates the other ranks after this one exits.
    _ = traffic.withLockIfAvailable { _ in mynah_mpi_abort(code) }
    _exit(code)
  }
}

/// An error reported by MPI.
package struct MPIError: Error, CustomStringConvertible, Sendable {
  package let description: String

  private init(code: Int32) {
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(mynah_mpi_error_size)) { buffer, count in
      unsafe buffer.initialize(repeating: 0)
      unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe mynah_mpi_error(code, $0.baseAddress) }
      count = unsafe buffer.firstIndex(of: 0) ?? buffer.count
    }
    description = "MPI failed: \(String(decoding: bytes, as: UTF8.self))"
  }

  /// Creates the error for a message with too many elements for MPI.
  init(elementCount: Int) { description = "MPI sends at most \(Int32.max) elements at once, found \(elementCount)" }

  static func check(_ code: Int32) throws {
    if code != 0 { throw MPIError(code: code) }
  }
}
#endif
