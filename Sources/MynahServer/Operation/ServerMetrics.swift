#if Server
import MynahIO
import Synchronization

/// The metrics of a server since its start, in the text format of Prometheus.
final class ServerMetrics: Sendable {
  private struct Key: Hashable, Comparable {
    let endpoint: String
    let status: Int

    static func < (left: Key, right: Key) -> Bool {
      (left.endpoint, left.status) < (right.endpoint, right.status)
    }
  }

  private struct State {
    var requests: [Key: Int] = [:]
    var seconds: [String: Histogram] = [:]
    var open = 0
  }

  private let state = Mutex(State())

  /// Counts a request that begins.
  func begin() { state.withLock { $0.open += 1 } }

  /// Counts a request that has been answered.
  ///
  /// - Parameter endpoint: The path with placeholders, which keeps the number of different labels small.
  func end(_ endpoint: String, status: Int, after duration: Duration) {
    state.withLock { state in
      state.open -= 1
      state.requests[Key(endpoint: endpoint, status: status), default: 0] += 1
      state.seconds[endpoint, default: Histogram()].add(duration.seconds)
    }
  }

  /// Returns the metrics of the server and of its models.
  func text(models: [(name: String, figures: ModelMetrics.Figures)], stateCount: Int, stateBytes: Int) -> String {
    typealias Text = PrometheusText
    let (requests, seconds, open) = state.withLock { ($0.requests, $0.seconds, $0.open) }
    var text = Text.head("mynah_requests_total", "counter", "Completed requests, by endpoint and status.")
    for (key, count) in requests.sorted(by: { $0.key < $1.key }) {
      text += Text.line(
        "mynah_requests_total", [("endpoint", key.endpoint), ("status", "\(key.status)")], "\(count)")
    }
    text += Text.head("mynah_open_requests", "gauge", "Requests in progress.")
    text += Text.line("mynah_open_requests", [], "\(open)")
    text += Text.head("mynah_request_seconds", "histogram", "The duration of requests, including streams.")
    for (endpoint, histogram) in seconds.sorted(by: { $0.key < $1.key }) {
      text += histogram.lines("mynah_request_seconds", labels: [("endpoint", endpoint)])
    }
    text += Text.head("mynah_states", "gauge", "Stored states.") + Text.line("mynah_states", [], "\(stateCount)")
    text += Text.head("mynah_state_bytes", "gauge", "The memory of the stored states.")
    text += Text.line("mynah_state_bytes", [], "\(stateBytes)")
    let rows: [(String, String, String, (ModelMetrics.Figures) -> Int)] = [
      ("mynah_generated_tokens_total", "counter", "Generated tokens.", { $0.generatedTokens }),
      ("mynah_prompt_tokens_total", "counter", "Tokens of prompts that were read.", { $0.promptTokens }),
      ("mynah_steps_total", "counter", "Steps of the batch.", { $0.steps }),
      ("mynah_batch_texts", "gauge", "Texts in the batch: its size.", { $0.texts }),
      ("mynah_queue_length", "gauge", "Waiting requests and jobs.", { $0.waiting }),
      ("mynah_pauses_total", "counter", "Times that a text waited for a client that did not read.", { $0.pauses }),
      (
        "mynah_failed_streams_total", "counter", "Streams that ended with an error or because the client left.",
        { $0.failures }
      ),
      ("mynah_reloads_total", "counter", "Times that the model was loaded again.", { $0.reloads }),
      (
        "mynah_failed_reloads_total", "counter", "Times that a new model file could not be loaded.",
        { $0.failedReloads }
      ),
    ]
    for (name, type, help, figure) in rows {
      text += Text.head(name, type, help)
      for model in models { text += Text.line(name, [("model", model.name)], "\(figure(model.figures))") }
    }
    text += Text.head("mynah_first_token_seconds", "histogram", "The time from a request to its first token.")
    for model in models {
      text += model.figures.firstToken.lines("mynah_first_token_seconds", labels: [("model", model.name)])
    }
    return text
  }
}
#endif
