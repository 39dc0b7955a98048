#if Server
import Dispatch
import Synchronization

/// The executor of an engine: one job at a time, apart from the threads that the tasks of the server share.
@safe
final class EngineThread: SerialExecutor {
  private let queue = DispatchQueue(label: "mynah.engine", qos: .userInitiated)
  private let waitingCount = Atomic(0)

  /// A Boolean value indicating whether jobs wait for the one that runs.
  ///
  /// A long job asks before it lets others run: a change of threads costs as much as a step of a small model.
  var hasWaitingJobs: Bool { waitingCount.load(ordering: .relaxed) > 0 }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    waitingCount.add(1, ordering: .relaxed)
    queue.async {
      self.waitingCount.subtract(1, ordering: .relaxed)
      unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
    }
  }
}
#endif
