import MynahIO
public import MynahTensors

/// A process of a run that several processes compute together: its rank, and messages to and from the others.
///
/// All ranks run the same program and send each other messages in the same order, so messages need no names. A type
/// that conforms to this protocol connects ranks by other means than those of this package.
public protocol Communicator: Sendable {
  /// The number of this process, in 0 ..< `rankCount`. Rank 0 writes files and reports.
  var rank: Int { get }
  /// The number of processes.
  var rankCount: Int { get }

  /// Starts sending a message to another rank; does not wait until it is there.
  ///
  /// - Throws: `CommunicationError`.
  func send(_ message: Message, to rank: Int) throws

  /// Waits for the next message of another rank; messages of a rank arrive in the order in which they were sent.
  ///
  /// - Throws: `CommunicationError` if the rank has failed, or has sent nothing for longer than the time-out.
  func receive(from rank: Int) throws -> Message
}

/// The content of a message between ranks.
public enum Message: Sendable {
  /// Bytes, which arrive as they are.
  case bytes([UInt8])
  /// Some elements of a tensor, in row-major order; they arrive as a vector, with the range of all of its elements.
  case values(Tensor, Range<Int>)
  /// The same, rounded to bfloat16 on the way; they arrive as `values`.
  case rounded(Tensor, Range<Int>)
  /// The rank ends with an error: its exit code, and the sentence to print.
  case failure(code: Int32, sentence: String)
}

/// The reason why a message of another rank did not arrive.
public enum CommunicationError: Error, Equatable, Sendable {
  /// The rank has sent nothing for some seconds.
  case timedOut(rank: Int, seconds: Double)
  /// The rank ended with an error.
  case failed(rank: Int, code: Int32, sentence: String)
  /// The rank sent something else: it runs another program.
  case unexpected(rank: Int)
}

extension CommunicationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .timedOut(let rank, let seconds):
      "rank \(rank) has sent nothing for \(seconds.formatted(0)) s; check its machine"
    case .failed(let rank, _, let sentence): "rank \(rank): \(sentence)"
    case .unexpected(let rank):
      "rank \(rank) does something else than this one; start all ranks with the same program and flags"
    }
  }
}

/// The communicator of a run in one process.
public struct SingleProcess: Communicator {
  public let rank = 0
  public let rankCount = 1

  /// Creates a communicator without other ranks.
  public init() {}

  public func send(_ message: Message, to rank: Int) throws { throw CommunicationError.unexpected(rank: rank) }
  public func receive(from rank: Int) throws -> Message { throw CommunicationError.unexpected(rank: rank) }
}

extension Communicator {
  /// The other ranks, beginning with the next one, so that not all send to the same one first.
  var others: [Int] { (1..<max(rankCount, 1)).map { (rank + $0) % rankCount } }

  /// Returns the bytes of all ranks, by rank.
  package func gathered(_ own: [UInt8]) throws -> [[UInt8]] {
    for other in others { try send(.bytes(own), to: other) }
    return try (0..<rankCount).map { $0 == rank ? own : try receiveBytes(from: $0) }
  }

  /// Returns the numbers of all ranks, by rank.
  package func gathered(_ own: [Double]) throws -> [[Double]] {
    guard rankCount > 1 else { return [own] }
    let bytes = own.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
    return try gathered(bytes).map { bytes in
      stride(from: 0, to: bytes.count - 7, by: 8).map { first in
        Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[first + $1]) << (8 * UInt64($1)) })
      }
    }
  }

  func receiveBytes(from rank: Int) throws -> [UInt8] {
    guard case .bytes(let bytes) = try receive(from: rank) else { throw CommunicationError.unexpected(rank: rank) }
    return bytes
  }

  /// Receives the elements of a tensor of a shape.
  func receiveValues(_ shape: Shape, from rank: Int) throws -> Tensor {
    try Self.values(of: try receive(from: rank), shape, from: rank)
  }

  /// The elements in a message, as a tensor of a shape.
  static func values(of message: Message, _ shape: Shape, from rank: Int) throws -> Tensor {
    guard case .values(let tensor, let range) = message, range.count == shape.elementCount,
      tensor.shape.elementCount == range.count
    else { throw CommunicationError.unexpected(rank: rank) }
    return tensor.reshaped(shape)
  }
}

/// The numbers of rows as bytes of a message.
enum RowNumbers {
  static func bytes(_ rows: [Int32]) -> [UInt8] {
    rows.flatMap { row in (0..<4).map { UInt8(truncatingIfNeeded: row >> (8 * $0)) } }
  }

  static func rows(_ bytes: [UInt8]) -> [Int32] {
    stride(from: 0, to: bytes.count - 3, by: 4).map { first in
      Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[first + $1]) << (8 * UInt32($1)) })
    }
  }
}
