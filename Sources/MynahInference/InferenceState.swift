/// What a model remembers of the texts that it reads, one of B streams beside the other.
///
/// A value: copies go on on their own, and one that is stored goes on where it stood.
public struct InferenceState: Hashable, Codable, Sendable {
  /// B, the number of streams.
  public let batchSize: Int
  /// The sizes of the recurrent layers.
  public let hiddenSizes: [Int]
  /// How many tokens of each stream were read.
  public internal(set) var stepCount = 0
  /// The parts of each layer's state: h [B, H] and c [B, H] of an LSTM.
  var values: [Float]

  /// The state before a text: zeros.
  init(batchSize: Int, hiddenSizes: [Int], partSizes: [Int]) {
    self.batchSize = batchSize
    self.hiddenSizes = hiddenSizes
    values = [Float](repeating: 0, count: batchSize * partSizes.reduce(0, +))
  }
}
