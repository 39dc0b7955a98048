import MynahText
import MynahTraining

/// Batches of texts of similar length, reshuffled each epoch.
struct TextBatches {
  /// The number of batches whose texts are sorted by length together.
  private static let groupSize = 16

  /// The number of batches per epoch.
  let count: Int
  /// The batches, as indices of texts.
  let batches: Dataset<[Int]>

  /// Creates batches of texts.
  ///
  /// - Parameter lengths: The lengths of the texts, of which there is at least one.
  init(lengths: [Int], size: Int, seed: UInt64, shuffles: Bool = true) {
    let (whole, rest) = lengths.count.quotientAndRemainder(dividingBy: size)
    count = whole + (rest > 0 ? 1 : 0)
    let order = Dataset(Array(lengths.indices)).shuffle(buffer: shuffles ? lengths.count : 1, seed: seed)
    let sorted = order.batch(size * Self.groupSize).flatMap { group in
      let group = group.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
      return stride(from: 0, to: group.count, by: size).map { Array(group[$0..<min($0 + size, group.count)]) }
    }
    batches = sorted.shuffle(buffer: shuffles ? Self.groupSize : 1, seed: seed &+ 1)
  }

  /// Returns batches for training a language model on independent texts.
  ///
  /// - Parameter texts: Texts of at least two tokens each; all but the first token are predicted.
  static func ofLanguageModel(_ texts: [[Int32]], size: Int, seed: UInt64, shuffles: Bool = true) -> EpochBatches {
    let batches = TextBatches(lengths: texts.map(\.count), size: size, seed: seed, shuffles: shuffles)
    let longest = texts.map(\.count).max() ?? 1
    let cut = batches.batches.flatMap { batch in Batch.segments(of: batch.map { texts[$0] }, stepCount: longest) }
    return EpochBatches(cut.prefetch(), count: batches.count, batchSize: min(size, texts.count))
  }
}
