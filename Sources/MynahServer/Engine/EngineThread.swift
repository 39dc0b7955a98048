#if Server
import Dispatch

/// The executor of an engine: one job at a time, apart from the threads that the tasks of the server share.
@safe
final class EngineThread: SerialExecutor {
  private let queue = DispatchQueue(label: "mynah.engine", qos: .userInitiated)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
#endif
