#if MPI
internal import CMPI
import MynahTensors
import MynahTraining

/// The messages that are on their way from and to a rank.
///
/// MPI reads and writes their memory until they have arrived, so each message keeps its own alive.
@safe
struct Traffic: @unchecked Sendable {
  /// The memory of a message.
  private enum Memory {
    case tensor(Tensor)
    case block(Block)
  }

  @safe
  private struct Sending {
    var request: mynah_mpi_request
    let memory: Memory
  }

  @safe
  private struct Arrival {
    var request: mynah_mpi_request
    let content: mynah_mpi_content
    let memory: Memory
    var isComplete = false
  }

  private var sending: [Sending] = []
  /// The messages of each rank, in the order in which they were sent.
  private var arrivals: [[Arrival]]
  /// A Boolean value indicating whether the thread that drives MPI looks often.
  var isWatched = false
  /// An error that came up while nobody was waiting.
  var failure: (any Error)?

  init(rankCount: Int) { arrivals = Array(repeating: [], count: rankCount) }

  var isSending: Bool { !sending.isEmpty }

  // MARK: Sending

  mutating func send(_ message: Message, to rank: Int) throws {
    switch message {
    case .bytes(let bytes): try send(Block(bytes), bytes.count, mynah_mpi_bytes, to: rank)
    case .values(let tensor, let range):
      // The tensor is kept, so nobody writes its memory meanwhile: another owner writes a copy.
      let base = unsafe UnsafeRawPointer(tensor.constantBase + range.lowerBound)
      try unsafe send(.tensor(tensor), base, range.count, mynah_mpi_floats, to: rank)
    case .rounded(let tensor, let range):
      let words = tensor.withSpan { span in range.map { span[$0].bfloat16Bits } }
      try send(Block(words), words.count, mynah_mpi_words, to: rank)
    case .failure(let code, let sentence):
      let number = (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) }
      let bytes = number + Array(sentence.utf8)
      try send(Block(bytes), bytes.count, mynah_mpi_failure, to: rank)
    }
  }

  private mutating func send(_ block: Block, _ count: Int, _ content: mynah_mpi_content, to rank: Int) throws {
    try unsafe send(.block(block), UnsafeRawPointer(block.base), count, content, to: rank)
  }

  private mutating func send(
    _ memory: Memory, _ base: UnsafeRawPointer, _ count: Int, _ content: mynah_mpi_content, to rank: Int
  ) throws {
    guard let count = Int32(exactly: count) else { throw MPIError(code: -1) }
    var request = unsafe mynah_mpi_request()
    try unsafe MPIError.check(mynah_mpi_send(base, count, content, Int32(rank), &request))
    unsafe sending.append(Sending(request: request, memory: memory))
  }

  // MARK: Progress

  /// Lets MPI work, and receives what has come.
  ///
  /// - Returns: A Boolean value indicating whether messages are on their way.
  mutating func advance() throws -> Bool {
    while try receiveNext() {}
    var index = 0
    while index < sending.count {
      var isDone = false
      try unsafe MPIError.check(mynah_mpi_test(&sending[index].request, &isDone))
      if isDone { sending.remove(at: index) } else { index += 1 }
    }
    var isBusy = !sending.isEmpty
    for rank in arrivals.indices {
      for index in arrivals[rank].indices where !arrivals[rank][index].isComplete {
        var isDone = false
        try unsafe MPIError.check(mynah_mpi_test(&arrivals[rank][index].request, &isDone))
        arrivals[rank][index].isComplete = isDone
        if !isDone { isBusy = true }
      }
    }
    return isBusy
  }

  /// Begins to receive a message that has come; returns false if there is none.
  private mutating func receiveNext() throws -> Bool {
    var (message, request, isFound) = unsafe (mynah_mpi_message(), mynah_mpi_request(), false)
    try unsafe MPIError.check(mynah_mpi_probe(&message, &isFound))
    guard isFound else { return false }
    let (source, count, content) = unsafe (Int(message.source), Int(message.count), message.content)
    let memory: Memory
    if content == mynah_mpi_floats {
      let tensor = Tensor(shape: [count], storage: TensorStorage(uninitialized: count))
      memory = .tensor(tensor)
      // Nobody else has the tensor before the message is complete.
      let base = unsafe UnsafeMutableRawPointer(mutating: tensor.constantBase)
      try unsafe MPIError.check(mynah_mpi_receive(base, &message, &request))
    } else {
      let block = Block(byteCount: content == mynah_mpi_words ? 2 * count : count)
      memory = .block(block)
      try unsafe MPIError.check(mynah_mpi_receive(block.base, &message, &request))
    }
    unsafe arrivals[source].append(Arrival(request: request, content: content, memory: memory))
    return true
  }

  // MARK: Receiving

  /// Returns the next message of a rank; nil if it is not complete.
  mutating func take(from rank: Int) throws -> Message? {
    guard let first = arrivals[rank].first, first.isComplete else { return nil }
    arrivals[rank].removeFirst()
    switch first.memory {
    case .tensor(let tensor): return .values(tensor, 0..<tensor.shape.elementCount)
    case .block(let block): return try Self.message(block, first.content, from: rank)
    }
  }

  private static func message(_ block: Block, _ content: mynah_mpi_content, from rank: Int) throws -> Message {
    switch content {
    case mynah_mpi_words:
      let tensor = block.widened
      return .values(tensor, 0..<tensor.shape.elementCount)
    case mynah_mpi_failure:
      let bytes = block.bytes
      guard bytes.count >= 4 else { throw CommunicationError.unexpected(rank: rank) }
      let code = (0..<4).reduce(Int32(0)) { $0 | Int32(bytes[$1]) << (8 * Int32($1)) }
      return .failure(code: code, sentence: String(decoding: bytes.dropFirst(4), as: UTF8.self))
    default: return .bytes(block.bytes)
    }
  }
}
#endif
