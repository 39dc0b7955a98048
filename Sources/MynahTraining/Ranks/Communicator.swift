import MynahIO
public import MynahTensors

/// A process of a run that several processes compute together: its rank, and messages to and from the others.
///
/// All ranks run the same program and send each other messages in the same order, so messages need no names. A type
/// that conforms to this protocol connects ranks by other means than those of this package. A rank that ends with an
/// error sends `RankMessage.failure` to the others, which otherwise wait for it until their time-out.
public protocol Communicator: Sendable {
  /// The number of this process, in 0 ..< `rankCount`. Rank 0 writes files and reports.
  var rank: Int { get }
  /// The number of processes.
  var rankCount: Int { get }

  /// Starts sending a message to another rank; does not wait for its arrival.
  ///
  /// - Throws: `CommunicationError`.
  func send(_ message: RankMessage, to rank: Int) throws

  /// Waits for the next message from another rank; messages from a rank arrive in the order in which they were sent.
  ///
  /// - Throws: `CommunicationError` if the rank has failed, or has sent nothing for longer than the time-out.
  func receive(from rank: Int) throws -> RankMessage
}

/// The content of a message between ranks.
public enum RankMessage: Sendable {
  /// Bytes, which arrive as they are.
  case bytes([UInt8])
  /// Some elements of a tensor, in row-major order; they arrive as a vector, with the range of all of its elements.
  case values(Tensor, Range<Int>)
  /// Some elements of a tensor that are rounded to bfloat16 for sending; they arrive as `values`.
  case rounded(Tensor, Range<Int>)
  /// The rank ends with an error: its exit code, and the sentence to print.
  case failure(code: Int32, sentence: String)
}

/// The reason why a message from another rank did not arrive.
public enum CommunicationError: Error, Equatable, Sendable {
  /// The rank has sent nothing for a number of seconds.
  case timedOut(rank: Int, seconds: Double)
  /// The rank ended with an error.
  case failed(rank: Int, code: Int32, sentence: String)
  /// The rank sent an unexpected message: it runs another program.
  case unexpected(rank: Int)
}

extension CommunicationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .timedOut(let rank, let seconds):
      "rank \(rank) has sent nothing for \(seconds.formatted(0)) s; check its machine"
    case .failed(let rank, _, let sentence): "rank \(rank): \(sentence)"
    case .unexpected(let rank):
      "rank \(rank) sent an unexpected message; start all ranks with the same program and settings"
    }
  }
}

/// The communicator of a run in one process.
public struct SingleProcess: Communicator {
  public let rank = 0
  public let rankCount = 1

  /// Creates a communicator without other ranks.
  public init() {}

  public func send(_ message: RankMessage, to rank: Int) throws { throw CommunicationError.unexpected(rank: rank) }
  public func receive(from rank: Int) throws -> RankMessage { throw CommunicationError.unexpected(rank: rank) }
}

extension Communicator {
  /// The other ranks, beginning with the next one, so that the ranks do not all send to the same rank first.
  package var others: [Int] { (1..<max(rankCount, 1)).map { (rank + $0) % rankCount } }

  /// Sends the error that this rank ends with to all other ranks.
  package func sendFailure(code: Int32, sentence: String) {
    // A rank that cannot be reached has ended, or will be ended by its launcher.
    for other in others { try? send(.failure(code: code, sentence: sentence), to: other) }
  }

  /// Returns the bytes of all ranks, by rank.
  package func gathered(_ own: [UInt8]) throws -> [[UInt8]] {
    for other in others { try send(.bytes(own), to: other) }
    return try (0..<rankCount).map { $0 == rank ? own : try next(from: $0).bytes(from: $0) }
  }

  /// Returns the bytes of all ranks, by rank, on rank 0; nil on the others, which wait until rank 0 has received them.
  package func collected(_ own: [UInt8]) throws -> [[UInt8]]? {
    guard rank == 0 else {
      try send(.bytes(own), to: 0)
      _ = try next(from: 0).bytes(from: 0)
      return nil
    }
    let all = try (0..<rankCount).map { $0 == 0 ? own : try next(from: $0).bytes(from: $0) }
    for other in others { try send(.bytes([]), to: other) }
    return all
  }

  /// Returns the numbers of all ranks, by rank.
  package func gathered(_ own: [Double]) throws -> [[Double]] {
    guard rankCount > 1 else { return [own] }
    return try gathered(own.littleEndianBytes).map { [Double](littleEndianBytes: $0) }
  }

  /// Receives the next message of a rank; the profile counts the time as waiting.
  func next(from rank: Int) throws -> RankMessage {
    try StepProfile.measure(.exchange) { try receive(from: rank) }
  }
}

extension RankMessage {
  /// Returns the bytes of the message, which came from a rank.
  ///
  /// - Throws: `CommunicationError.unexpected` if the message contains something else.
  func bytes(from rank: Int) throws -> [UInt8] {
    guard case .bytes(let bytes) = self else { throw CommunicationError.unexpected(rank: rank) }
    return bytes
  }

  /// Returns the elements in the message, which came from a rank, as a tensor of a shape.
  ///
  /// - Throws: `CommunicationError.unexpected` if the message contains something else.
  func values(_ shape: Shape, from rank: Int) throws -> Tensor {
    guard case .values(let tensor, let range) = self, range.count == shape.elementCount,
      tensor.shape.elementCount == range.count
    else { throw CommunicationError.unexpected(rank: rank) }
    return tensor.reshaped(shape)
  }
}
