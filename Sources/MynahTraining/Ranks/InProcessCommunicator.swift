import Foundation
import MynahIO
import MynahTensors
import Synchronization

/// A communicator whose ranks are threads of one process: for tests, and to try a number of ranks without MPI.
public struct InProcessCommunicator: Communicator {
  public let rank: Int
  public var rankCount: Int { boxes.count }
  private let boxes: Boxes
  private let timeout: Double

  /// Returns the communicators of some ranks that are connected to each other.
  ///
  /// - Parameters:
  ///   - rankCount: The number of ranks, at least 1.
  ///   - timeout: The seconds after which a rank that waits for a message gives up.
  public static func connected(_ rankCount: Int, timeout: Double = 60) -> [InProcessCommunicator] {
    require(rankCount > 0, "a run needs at least 1 rank, got \(rankCount)")
    let boxes = Boxes(rankCount)
    return (0..<rankCount).map { InProcessCommunicator(rank: $0, boxes: boxes, timeout: timeout) }
  }

  /// The messages that have been sent but not yet received: `messages[receiver][sender]`.
  private final class Boxes: Sendable {
    let count: Int
    private let messages: Mutex<[[[RankMessage]]]>
    private let arrival = NSCondition()

    init(_ count: Int) {
      self.count = count
      messages = Mutex(Array(repeating: Array(repeating: [], count: count), count: count))
    }

    func put(_ message: RankMessage, from sender: Int, to receiver: Int) {
      arrival.lock()
      messages.withLock { $0[receiver][sender].append(message) }
      arrival.broadcast()
      arrival.unlock()
    }

    /// Returns the next message; nil if none arrives before a date.
    func take(from sender: Int, to receiver: Int, until date: Date) -> RankMessage? {
      arrival.lock()
      defer { arrival.unlock() }
      while true {
        let message = messages.withLock { boxes in
          boxes[receiver][sender].isEmpty ? nil : boxes[receiver][sender].removeFirst()
        }
        if let message { return message }
        guard arrival.wait(until: date) else { return nil }
      }
    }
  }

  public func send(_ message: RankMessage, to rank: Int) throws {
    boxes.put(message.delivered, from: self.rank, to: rank)
  }

  public func receive(from rank: Int) throws -> RankMessage {
    guard let message = boxes.take(from: rank, to: self.rank, until: Date(timeIntervalSinceNow: timeout)) else {
      throw CommunicationError.timedOut(rank: rank, seconds: timeout)
    }
    if case .failure(let code, let sentence) = message {
      throw CommunicationError.failed(rank: rank, code: code, sentence: sentence)
    }
    return message
  }
}

extension RankMessage {
  /// The message as it arrives.
  fileprivate var delivered: RankMessage {
    switch self {
    case .values(let tensor, let range):
      let part = tensor.reshaped([tensor.shape.elementCount]).slice(range)
      return .values(part, 0..<range.count)
    case .rounded(let tensor, let range):
      let part = tensor.reshaped([tensor.shape.elementCount]).slice(range)
      return .values(part.map { Float(bfloat16Bits: $0.bfloat16Bits) }, 0..<range.count)
    case .bytes, .failure: return self
    }
  }
}
