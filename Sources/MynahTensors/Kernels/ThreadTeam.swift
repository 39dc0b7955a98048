internal import CMynah
import MynahIO

/// A persistent team of threads that share the work of the kernels.
///
/// Results are bitwise identical with any number of threads. If the team is busy with the work of another thread, a
/// caller works alone.
///
/// ```swift
/// let product = ThreadTeam.$current.withValue(ThreadTeam(threadCount: 1)) { a.matmul(b) }  // on one thread
/// ```
@safe
public final class ThreadTeam: Sendable {
  /// The team of the current task: `shared` unless a caller set another one; if nil, the caller works alone.
  @TaskLocal public static var current: ThreadTeam? = .shared

  /// A team of all cores that this process may use, started when it is first needed.
  public static let shared = ThreadTeam(threadCount: defaultThreadCount)

  /// The number of physical cores that this process may use.
  ///
  /// Hardware threads of one core count as one, and a container's CPU quota is respected.
  public static var defaultThreadCount: Int { PhysicalCores.count }

  /// The number of threads, the caller included.
  public var threadCount: Int { Int(unsafe mynah_team_threads(pointer)) }

  // Threads may share the pointer: the team's lock admits one caller at a time.
  private nonisolated(unsafe) let pointer: OpaquePointer?

  /// Starts a team; if the system cannot start the threads, the caller works alone.
  ///
  /// - Precondition: `threadCount` is in 1 ... 1,024.
  public init(threadCount: Int) {
    require((1...1024).contains(threadCount), "a team must have 1 ... 1024 threads, got \(threadCount)")
    unsafe pointer = mynah_team_start(Int32(threadCount))
  }

  deinit { unsafe mynah_team_stop(pointer) }

  /// Calls `body` with the current team for a kernel, or nil if there is none.
  package static func withCurrent<Result>(_ body: (OpaquePointer?) throws -> Result) rethrows -> Result {
    let team = current
    defer { extendLifetime(team) }
    return try unsafe body(team?.pointer)
  }
}
