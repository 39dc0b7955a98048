#if Server
import Logging
import ServiceLifecycle
import UnixSignals

/// Loads models again when their files change and on SIGHUP.
struct ReloadService: Service {
  let models: ModelRegistry

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          for await _ in await UnixSignalsSequence(trapping: .sighup) { await models.reload(isForced: true) }
        }
        group.addTask {
          while (try? await Task.sleep(for: .seconds(1))) != nil { await models.reload(isForced: false) }
        }
      }
    }
  }
}
#endif
