import Foundation
package import CMynah

/// The door to the kernels: the one file of this module that reaches them, with buffers for pointers and counts.
package enum Kernels {
  /// The kernels of the instruction set that this process uses: constants of C, which no thread writes.
  package nonisolated(unsafe) static let table: UnsafePointer<mynah_kernels> = unsafe chooseTable()

  private static func chooseTable() -> UnsafePointer<mynah_kernels> {
    guard let table = unsafe mynah_kernels_best() else { preconditionFailure("no instruction set has kernels") }
    return unsafe table
  }

  /// The name of that instruction set.
  package static var instructionSet: String { unsafe String(cString: table.pointee.name) }

  /// The inference kernels of that set: constants of C too.
  package nonisolated(unsafe) static let inference: UnsafePointer<mynah_inference_kernels> =
    unsafe chooseInferenceTable()

  private static func chooseInferenceTable() -> UnsafePointer<mynah_inference_kernels> {
    guard let table = unsafe mynah_inference_best() else { preconditionFailure("no instruction set has kernels") }
    return unsafe table
  }

  typealias Source = UnsafeBufferPointer<Float>
  typealias Target = UnsafeMutableBufferPointer<Float>

  static func exp(_ y: Target, _ x: Source) {
    unsafe table.pointee.exp(y.baseAddress, x.baseAddress, x.count)
  }

  static func tanh(_ y: Target, _ x: Source) {
    unsafe table.pointee.tanh(y.baseAddress, x.baseAddress, x.count)
  }

  static func sigmoid(_ y: Target, _ x: Source) {
    unsafe table.pointee.sigmoid(y.baseAddress, x.baseAddress, x.count)
  }

  static func sum(_ x: Source) -> Double { unsafe table.pointee.sum(x.baseAddress, x.count) }

  static func sumOfSquares(_ x: Source) -> Double { unsafe table.pointee.sum_of_squares(x.baseAddress, x.count) }

  /// Adds a multiple in place: y += a · x.
  static func axpy(_ y: Target, _ x: Source, _ a: Float) {
    unsafe table.pointee.axpy(y.baseAddress, x.baseAddress, a, x.count)
  }

  /// Adds rows up on the threads of the current team: sums[u] = Σ x[order[j]] over j in starts[u] ..< starts[u + 1]: rows of
  /// `width` elements; no sum is empty.
  static func addRows(_ sums: Target, _ x: Source, order: [Int32], starts: [Int], width: Int) {
    unsafe ThreadTeam.withCurrent { team in
      unsafe table.pointee.add_rows(team, sums.baseAddress, x.baseAddress, order, starts, starts.count - 1, width)
    }
  }

  /// y = x · scale where the element's word of the source's stream is below `threshold`, else 0, on the threads of the
  /// current team; two elements share a draw of 64 bits, its lower half first.
  static func dropout(_ y: Target, _ x: Source, keeping threshold: UInt32, scale: Float, using random: RandomSource) {
    var mask = mynah_dropout_mask(
      seed: random.seed, stream: random.stream, first: 2 * random.position, threshold: threshold, scale: scale)
    unsafe ThreadTeam.withCurrent { team in
      unsafe table.pointee.dropout(team, y.baseAddress, x.baseAddress, x.count, &mask)
    }
  }

  /// C = A·B on the threads of the current team.
  static func gemm(
    _ c: Target, _ a: Source, _ b: Source, rowCount: Int, columnCount: Int, innerCount: Int, transposingA: Bool,
    transposingB: Bool
  ) {
    let workspace = TensorStorage(uninitialized: unsafe table.pointee.gemm_workspace(rowCount, columnCount, innerCount))
    unsafe ThreadTeam.withCurrent { team in
      unsafe table.pointee.gemm(
        team, c.baseAddress, a.baseAddress, b.baseAddress, rowCount, columnCount, innerCount, transposingA,
        transposingB, false, Precision.current.forKernels, workspace.base)
    }
    extendLifetime(workspace)
  }
}

// MARK: The machine

extension Kernels {
  /// Multiplies and adds in registers on all threads of the current team, to be timed.
  ///
  /// - Returns: The number of floating-point operations.
  package static func multiplyAndAdd(rounds: Int) -> Int {
    unsafe ThreadTeam.withCurrent { Int(unsafe table.pointee.peak($0, UInt64(rounds))) }
  }

  /// Reads all elements once on all threads of the current team, to be timed.
  package static func readThrough(_ tensor: Tensor) {
    unsafe tensor.withUnsafeElements { elements in
      unsafe ThreadTeam.withCurrent { unsafe table.pointee.read_through($0, elements.baseAddress, elements.count) }
    }
  }
}

extension Precision {
  /// What kernels are told.
  package var forKernels: mynah_precision {
    switch self {
    case .float32: MYNAH_FLOAT32
    case .bfloat16: MYNAH_BFLOAT16
    }
  }

  /// Whether this machine multiplies in this precision at least as fast as in float32.
  public var isSupported: Bool {
    switch self {
    case .float32: true
    case .bfloat16: unsafe Kernels.table.pointee.has_bfloat16
    }
  }
}

/// Threads that stay and share the work of the kernels.
///
/// Results have the same bits with any number of threads. Work that comes while another thread keeps the team busy is
/// done by its caller alone.
///
/// ```swift
/// ThreadTeam.$current.withValue(ThreadTeam(threadCount: 1)) { … }   // no more than one thread inside
/// ```
@safe
public final class ThreadTeam: Sendable {
  /// The team of the current task: `shared` unless a caller set another one; nil lets the caller work alone.
  @TaskLocal public static var current: ThreadTeam? = .shared

  /// A team of all cores that this process may use, started when it is first needed.
  public static let shared = ThreadTeam(threadCount: ProcessInfo.processInfo.activeProcessorCount)

  /// The number of threads, the caller included.
  public var threadCount: Int { Int(unsafe mynah_team_threads(pointer)) }

  // Threads may share it: the team's own lock lets one of them in.
  private nonisolated(unsafe) let pointer: OpaquePointer?

  /// Starts a team; where the system gives no more threads, the caller works alone.
  ///
  /// - Precondition: `threadCount` lies in 1 ... 1,024.
  public init(threadCount: Int) {
    precondition((1...1024).contains(threadCount), "a team has 1 to 1024 threads, \(threadCount) were asked for")
    unsafe pointer = mynah_team_start(Int32(threadCount))
  }

  deinit { unsafe mynah_team_stop(pointer) }

  /// Calls `body` with the current team for a kernel, nil for none.
  package static func withCurrent<Result>(_ body: (OpaquePointer?) throws -> Result) rethrows -> Result {
    let team = current
    defer { extendLifetime(team) }
    return try unsafe body(team?.pointer)
  }
}
