#if MPI
internal import CMPI
import MynahTensors
import MynahTraining

/// The messages that are on their way from and to a rank.
///
/// MPI reads and writes their memory until they have arrived, so each message keeps its own alive.
@safe
struct Traffic: @unchecked Sendable {
  @safe
  private struct Sending {
    var request: mynah_mpi_request
    let memory: Memory
  }

  @safe
  private struct Receiving {
    var request: mynah_mpi_request
    let arrival: Arrival
    var isComplete = false
  }

  private var sending: [Sending] = []
  /// The messages of each rank, in the order in which they were sent.
  private var arrivals: [[Receiving]]
  /// A Boolean value indicating whether the thread that drives MPI looks often.
  var isWatched = false
  /// An error that came up while nobody was waiting.
  var failure: (any Error)?

  init(rankCount: Int) { arrivals = Array(repeating: [], count: rankCount) }

  /// The ranks that have said farewell.
  private var ended: Set<Int> = []

  // MARK: Sending

  mutating func send(_ message: Outgoing, to rank: Int) throws {
    guard let count = Int32(exactly: message.count) else { throw MPIError(elementCount: message.count) }
    var request = unsafe mynah_mpi_request()
    try unsafe MPIError.check(mynah_mpi_send(message.base, count, message.content, Int32(rank), &request))
    unsafe sending.append(Sending(request: request, memory: message.memory))
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
    let arrival = Arrival(memory: memory, content: content)
    unsafe arrivals[source].append(Receiving(request: request, arrival: arrival))
    return true
  }

  // MARK: Receiving

  /// Returns the next message of a rank; nil if it is not complete.
  mutating func take(from rank: Int) -> Arrival? {
    guard let first = arrivals[rank].first, first.isComplete else { return nil }
    arrivals[rank].removeFirst()
    if first.arrival.isFarewell { ended.insert(rank) }
    return first.arrival
  }

  /// Drops the messages that nobody waits for any more, and returns true once all have been sent and all other ranks
  /// have said farewell.
  mutating func hasEnded() throws -> Bool {
    _ = try advance()
    for rank in arrivals.indices {
      while take(from: rank) != nil {}
    }
    return sending.isEmpty && ended.count == arrivals.count - 1
  }
}
#endif
