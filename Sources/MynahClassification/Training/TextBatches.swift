import MynahText
import MynahTraining

/// Texts in batches of similar lengths, in another order each epoch.
struct TextBatches {
  /// How many batches' texts are sorted by length at a time.
  private static let groupSize = 16

  /// The number of batches of an epoch.
  let count: Int
  /// Batches of indices into the texts.
  let batches: Dataset<[Int]>

  /// Orders texts.
  ///
  /// - Parameter lengths: The lengths of the texts, of which there is one.
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

  /// Batches of a language model, for which each text stands alone.
  ///
  /// - Parameter texts: Two tokens or more each: all but the first are predicted.
  static func ofLanguageModel(_ texts: [[Int32]], size: Int, seed: UInt64, shuffles: Bool = true) -> EpochBatches {
    let batches = TextBatches(lengths: texts.map(\.count), size: size, seed: seed, shuffles: shuffles)
    let longest = texts.map(\.count).max() ?? 1
    let cut = batches.batches.flatMap { batch in Batch.segments(of: batch.map { texts[$0] }, stepCount: longest) }
    return EpochBatches(cut.prefetch(), count: batches.count, batchSize: min(size, texts.count))
  }
}
