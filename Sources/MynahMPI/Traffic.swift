#if MPI
internal import CMPI
import MynahTensors
import MynahTraining

/// The messages in transit from and to a rank.
///
/// MPI accesses a message's memory until the message has arrived, so each message keeps its memory alive.
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
  /// A Boolean value indicating whether the thread that drives MPI polls at the short interval.
  var isWatched = false
  /// An error that occurred while no thread was waiting for a message.
  var failure: (any Error)?

  init(rankCount: Int) { arrivals = Array(repeating: [], count: rankCount) }

  /// The ranks whose farewell has been received.
  private var ended: Set<Int> = []

  // MARK: Sending

  mutating func send(_ message: Outgoing, to rank: Int) throws {
    guard let count = Int32(exactly: message.count) else { throw MPIError(elementCount: message.count) }
    var request = unsafe mynah_mpi_request()
    try unsafe MPIError.check(mynah_mpi_send(message.base, count, message.content, Int32(rank), &request))
    unsafe sending.append(Sending(request: request, memory: message.memory))
  }

  // MARK: Progress

  /// Drives MPI: starts to receive the messages that have arrived, and records which transfers are complete.
  ///
  /// - Returns: A Boolean value indicating whether messages are in transit.
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

  /// Starts to receive a message that has arrived; returns false if there is none.
  private mutating func receiveNext() throws -> Bool {
    var (message, request, isFound) = unsafe (mynah_mpi_message(), mynah_mpi_request(), false)
    try unsafe MPIError.check(mynah_mpi_probe(&message, &isFound))
    guard isFound else { return false }
    let (source, count, content) = unsafe (Int(message.source), Int(message.count), message.content)
    let memory: Memory
    if content == mynah_mpi_floats {
      let tensor = Tensor(shape: [count], storage: TensorStorage(uninitialized: count))
      memory = .tensor(tensor)
      // Writing in place is safe: nothing else refers to the tensor until the message is complete.
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

  /// Removes and returns the next message from a rank; nil if it is not complete.
  mutating func take(from rank: Int) -> Arrival? {
    guard let first = arrivals[rank].first, first.isComplete else { return nil }
    arrivals[rank].removeFirst()
    if first.arrival.isFarewell { ended.insert(rank) }
    return first.arrival
  }

  /// Drops incoming messages that are no longer needed; returns true once all outgoing messages have been sent and all
  /// other ranks' farewells have been received.
  mutating func hasEnded() throws -> Bool {
    _ = try advance()
    for rank in arrivals.indices {
      while take(from: rank) != nil {}
    }
    return sending.isEmpty && ended.count == arrivals.count - 1
  }
}
#endif
