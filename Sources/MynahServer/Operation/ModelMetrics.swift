#if Server
import Synchronization

/// The metrics of a model's engine since the model was first loaded.
package final class ModelMetrics: Sendable {
  package struct Figures {
    package var generatedTokens = 0, promptTokens = 0, steps = 0, pauses = 0, reloads = 0, failedReloads = 0,
      failures = 0
    package var texts = 0, waiting = 0
    var firstToken = Histogram()
  }

  private let state = Mutex(Figures())

  package init() {}

  package var figures: Figures { state.withLock { $0 } }

  func countStep(of texts: Int) {
    state.withLock { figures in
      figures.steps += 1
      figures.generatedTokens += texts
    }
  }

  func countPromptTokens(_ count: Int) { state.withLock { $0.promptTokens += count } }
  func countFailure() { state.withLock { $0.failures += 1 } }
  func countPause() { state.withLock { $0.pauses += 1 } }
  func countReload(isSuccess: Bool) {
    state.withLock { if isSuccess { $0.reloads += 1 } else { $0.failedReloads += 1 } }
  }
  func addFirstToken(after seconds: Double) { state.withLock { $0.firstToken.add(seconds) } }

  func set(texts: Int, waiting: Int) {
    state.withLock { ($0.texts, $0.waiting) = (texts, waiting) }
  }
}
#endif
