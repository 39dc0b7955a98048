public import MynahTensors

/// What a model remembers of the texts that it reads, one of B streams beside the other.
///
/// A value: copies go on on their own, and one that is stored goes on where it stood.
public struct InferenceState: Hashable, Codable, Sendable {
  /// B, the number of streams.
  public internal(set) var batchSize: Int
  /// The sizes of the parts of each recurrent layer's state, first layer first.
  public let layerSizes: [[Int]]
  /// How many tokens of each stream were read.
  public internal(set) var stepCount = 0
  /// The parts of each layer's state: h [B, H] and c [B, H] of an LSTM.
  var values: [Float]

  /// The state before a text: zeros.
  init(batchSize: Int, layerSizes: [[Int]]) {
    self.batchSize = batchSize
    self.layerSizes = layerSizes
    values = [Float](repeating: 0, count: batchSize * layerSizes.joined().reduce(0, +))
  }

  /// The memory that its numbers take, in bytes: 4 for each number of each layer's state, however long the texts are.
  public var byteCount: Int { values.count * MemoryLayout<Float>.size }
}

// MARK: Streams

extension InferenceState {
  /// A state of some of the streams, in a given order; one may come several times.
  ///
  /// - Precondition: the streams lie in 0 ..< B; there is one at least.
  public func selecting(_ streams: [Int]) -> InferenceState {
    precondition(
      !streams.isEmpty && streams.allSatisfy { (0..<batchSize).contains($0) },
      "streams \(streams) are not among those of a state of \(batchSize)")
    var result = self
    result.batchSize = streams.count
    result.values = []
    result.values.reserveCapacity(values.count / batchSize * streams.count)
    var start = 0
    for size in layerSizes.joined() {
      for stream in streams { result.values += values[start + stream * size..<start + (stream + 1) * size] }
      start += batchSize * size
    }
    return result
  }

  /// The state of one text as that of several which go on from there.
  ///
  /// - Precondition: there is one stream; the count is positive.
  public func repeated(_ count: Int) -> InferenceState {
    precondition(batchSize == 1 && count > 0, "\(batchSize) streams cannot become \(count)")
    return selecting([Int](repeating: 0, count: count))
  }

  /// The parts of a layer's state, each [B, …]: h and c of an LSTM, h of layers that remember nothing else.
  ///
  /// - Precondition: the layer lies in 0 ..< the number of layers.
  public func parts(layer: Int) -> [Tensor] {
    precondition(layerSizes.indices.contains(layer), "a model of \(layerSizes.count) layers has no layer \(layer)")
    var start = batchSize * layerSizes[..<layer].joined().reduce(0, +)
    return layerSizes[layer].map { size in
      defer { start += batchSize * size }
      return Tensor(shape: [batchSize, size], Array(values[start..<start + batchSize * size]))
    }
  }
}
