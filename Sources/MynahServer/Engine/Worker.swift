#if Server
import Synchronization

/// An actor that runs, one after another, jobs that would delay the texts of a batch too long.
actor Worker {
  private let executor = QueueExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  private let limit: Int
  private let count = Mutex(0)

  /// - Parameter limit: The maximum number of waiting jobs.
  init(limit: Int) { self.limit = limit }

  /// Runs a job.
  ///
  /// - Throws: The job's error; `ServerFailure` if too many jobs wait.
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
