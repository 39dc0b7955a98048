#if Server
import Logging
import ServiceLifecycle
import UnixSignals

/// A service that reloads models when their files change, and on SIGHUP.
struct ReloadService: Service {
  let models: ModelRegistry

  func run() async throws {
    // One loop for both, so that a model is never loaded twice at the same time.
    let (looks, look) = AsyncStream.makeStream(of: Bool.self)
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          for await _ in await UnixSignalsSequence(trapping: .sighup) { look.yield(true) }
        }
        group.addTask {
          while (try? await Task.sleep(for: .seconds(1))) != nil { look.yield(false) }
        }
        group.addTask {
          for await isForced in looks { await models.reload(isForced: isForced) }
        }
      }
    }
  }
}
#endif
