#if Server
package import MynahInference
import MynahModels
import MynahText

/// The state after a text: constant memory, however long the text is.
package struct TextState: Codable, Sendable {
  /// The state of the network.
  package var memory: NeuralPredictor.Memory
  /// The last tokens, which determine how the text goes on: spaces, incomplete characters, repetitions.
  package var recent: [Int32] = []
  /// The number of tokens.
  package var tokenCount = 0

  package init(memory: NeuralPredictor.Memory, recent: [Int32] = [], tokenCount: Int = 0) {
    (self.memory, self.recent, self.tokenCount) = (memory, recent, tokenCount)
  }

  /// The number of tokens that are kept.
  static let reach = 64

  /// Adds tokens that the network has read.
  mutating func append(_ ids: [Int32], memory: NeuralPredictor.Memory) {
    self.memory = memory
    recent = (recent + ids).suffix(Self.reach)
    tokenCount += ids.count
  }

  /// The memory of the state in bytes.
  var byteCount: Int { memory.state.byteCount + 4 * (recent.count + 1) }
}
#endif
