#if MPI
internal import CMPI
import Dispatch
import Foundation
import MynahIO
import MynahTensors
public import MynahTraining
import Synchronization

/// A communicator whose ranks are processes that MPI started: by `mpirun`, Slurm or Kubernetes, on any machines.
///
/// Messages travel while the rank computes: a thread of its own drives MPI, and the thread that waits for a message
/// does so too. A process joins once.
public final class MPICommunicator: Communicator {
  public let rank: Int
  public let rankCount: Int
  private let timeout: Double
  private let traffic: Mutex<Traffic>
  private let isClosed = Latch()
  /// Ends a rest of the thread that drives MPI.
  private let wake = DispatchSemaphore(value: 0)

  /// Joins the ranks that were started together.
  ///
  /// - Parameter timeout: The seconds after which a rank that waits for a message gives up.
  /// - Throws: `MPIError`.
  public init(timeout: Double) throws {
    // Open MPI's TCP asks before it sends more than 64 KiB; at 1 Gb/s such a step took a quarter longer.
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
        // An error comes back when a message is waited for.
        let isBusy = self.traffic.withLock { traffic in
          // Also here: after the end no call of MPI is permitted.
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

  /// The pause between two looks for messages while some are on their way.
  ///
  /// A look takes some 20 µs from the thread that computes: with a pause of 0.1 ms, a step took a fifth longer.
  private static let pause = DispatchTimeInterval.milliseconds(1)
  /// The same while none is, as in the forward pass.
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
      // A message of a step comes soon; one after a file was written does not.
      if waited < 0.01 { sched_yield() } else { usleep(100) }
    }
  }

  /// Leaves the ranks, after all of them have said farewell and have received what was sent to them.
  ///
  /// - Parameter seconds: The time to wait for the other ranks.
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

  /// Ends all ranks at once, those too that do not answer, and this process with an exit code.
  public func abort(code: Int32) -> Never {
    // If MPI hangs in another thread, the launcher ends the other ranks after this one.
    _ = traffic.withLockIfAvailable { _ in mynah_mpi_abort(code) }
    _exit(code)
  }
}

/// An error of MPI, in words.
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

  /// The error of a message that is too long for MPI.
  init(elementCount: Int) { description = "MPI sends at most \(Int32.max) elements at once, found \(elementCount)" }

  static func check(_ code: Int32) throws {
    if code != 0 { throw MPIError(code: code) }
  }
}
#endif
