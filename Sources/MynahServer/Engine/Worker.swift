#if Server
import Synchronization

/// Runs jobs that would delay the texts of a batch too long, one after another.
actor Worker {
  private let executor = QueueExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  private let limit: Int
  private let count = Mutex(0)

  /// - Parameter limit: The most jobs that wait.
  init(limit: Int) { self.limit = limit }

  /// Runs a job.
  ///
  /// - Throws: What the job throws; `ServerFailure` if too many jobs wait.
  nonisolated func run<Result: Sendable>(_ job: @Sendable () throws -> Result) async throws -> Result {
    let isAdmitted = count.withLock { count in
      guard count <= limit else { return false }
      count += 1
      return true
    }
    guard isAdmitted else { throw ServerFailure.queueFull }
    defer { count.withLock { $0 -= 1 } }
    return try await perform(job)
  }

  private func perform<Result: Sendable>(_ job: @Sendable () throws -> Result) throws -> Result { try job() }
}
#endif
