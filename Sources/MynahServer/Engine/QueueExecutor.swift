#if Server
import Dispatch
import Synchronization

/// An executor that runs one job at a time, outside the thread pool that the server's tasks share.
@safe
final class QueueExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "mynah.work", qos: .userInitiated)
  private let waitingCount = Atomic(0)

  /// A Boolean value indicating whether jobs are waiting for the running one.
  ///
  /// An unnecessary yield costs a thread switch, which takes as long as a step of a small model.
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
