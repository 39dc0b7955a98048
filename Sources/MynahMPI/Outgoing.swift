#if MPI
internal import CMPI
import MynahIO
import MynahTensors
import MynahTraining

/// The owner of a message's memory.
enum Memory: Sendable {
  case tensor(Tensor)
  case block(Block)
}

/// A message in the form that MPI sends.
@safe
struct Outgoing: @unchecked Sendable {
  let content: mynah_mpi_content
  /// The number of elements.
  let count: Int
  let base: UnsafeRawPointer
  /// The owner of the elements until they are sent.
  let memory: Memory

  /// The last message of a rank.
  static let farewell = Outgoing(Block([UInt8]()), 0, mynah_mpi_farewell)

  init(_ message: RankMessage) {
    switch message {
    case .bytes(let bytes): self.init(Block(bytes), bytes.count, mynah_mpi_bytes)
    case .values(let tensor, let range):
      // Keeping a reference to the tensor protects its memory: any other owner copies it before writing.
      let base = unsafe UnsafeRawPointer(tensor.constantBase + range.lowerBound)
      unsafe self.init(.tensor(tensor), base, range.count, mynah_mpi_floats)
    case .rounded(let tensor, let range):
      self.init(Block(tensor.withSpan { span in range.map { span[$0].bfloat16Bits } }), range.count, mynah_mpi_words)
    case .failure(let code, let sentence):
      let bytes = code.littleEndianBytes + Array(sentence.utf8)
      self.init(Block(bytes), bytes.count, mynah_mpi_failure)
    }
  }

  private init(_ block: Block, _ count: Int, _ content: mynah_mpi_content) {
    unsafe self.init(.block(block), UnsafeRawPointer(block.base), count, content)
  }

  private init(_ memory: Memory, _ base: UnsafeRawPointer, _ count: Int, _ content: mynah_mpi_content) {
    unsafe self.base = base
    (self.memory, self.count, self.content) = (memory, count, content)
  }
}

/// A message in the form that MPI receives.
@safe
struct Arrival: Sendable {
  let memory: Memory
  let content: mynah_mpi_content

  var isFarewell: Bool { content == mynah_mpi_farewell }

  /// Returns the message, given the rank that sent it.
  ///
  /// - Throws: `CommunicationError.unexpected` for a farewell: the other rank has ended, but this rank expects more
  ///   messages.
  func message(from rank: Int) throws -> RankMessage {
    switch (memory, content) {
    case (.tensor(let tensor), _): return .values(tensor, 0..<tensor.shape.elementCount)
    case (.block(let block), mynah_mpi_words):
      let tensor = block.widened
      return .values(tensor, 0..<tensor.shape.elementCount)
    case (.block(let block), mynah_mpi_failure):
      let bytes = block.bytes
      return .failure(
        code: Int32(littleEndianBytes: bytes.prefix(4)), sentence: String(decoding: bytes.dropFirst(4), as: UTF8.self))
    case (_, mynah_mpi_farewell): throw CommunicationError.unexpected(rank: rank)
    case (.block(let block), _): return .bytes(block.bytes)
    }
  }
}
#endif
