#if Server
package import MynahInference
import MynahModels
import MynahText

/// The state after a text; its size does not depend on the length of the text.
package struct TextState: Codable, Sendable {
  /// The state of the network.
  package var memory: NeuralPredictor.Memory
  /// The last tokens, which affect the continuation of the text: spaces, incomplete characters, repetitions.
  package var recent: [Int32] = []
  /// The number of tokens.
  package var tokenCount = 0

  package init(memory: NeuralPredictor.Memory, recent: [Int32] = [], tokenCount: Int = 0) {
    (self.memory, self.recent, self.tokenCount) = (memory, recent, tokenCount)
  }

  /// The maximum number of recent tokens that are kept.
  static let reach = 64

  /// Adds tokens that the network has read.
  mutating func append(_ ids: [Int32], memory: NeuralPredictor.Memory) {
    self.memory = memory
    recent = (recent + ids).suffix(Self.reach)
    tokenCount += ids.count
  }

  /// The size of the state in bytes.
  var byteCount: Int { memory.state.byteCount + 4 * (recent.count + 1) }
}
#endif
