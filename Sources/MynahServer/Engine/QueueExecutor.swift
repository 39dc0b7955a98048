#if Server
import Dispatch
import Synchronization

/// An executor that runs one job at a time, apart from the threads that the tasks of the server share.
@safe
final class QueueExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "mynah.work", qos: .userInitiated)
  private let waitingCount = Atomic(0)

  /// A Boolean value indicating whether jobs wait for the one that runs.
  ///
  /// A job that yields without need loses as much time in the change of threads as a step of a small model takes.
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
