import MynahIO
import MynahTensors
public import MynahText

/// The batches of a run: the same number in each epoch, in an order that depends on the epoch.
///
/// `BatchLayout.batches(of:seed:)` creates the batches of a layout; a `Dataset` can provide any other batches:
///
/// ```swift
/// let windows = TokenWindows(ids, length: 100)
/// let batches = Dataset(windows).shuffle(buffer: 10_000, seed: 1).batch(64, remainder: .drop)
///   .map(Batch.init(windows:))
/// try trainer.train(&model, on: EpochBatches(batches.prefetch(), count: windows.count / 64, batchSize: 64))
/// ```
public struct EpochBatches: Sendable {
  /// The number of batches per epoch, at least 1.
  public let count: Int
  /// B, the number of rows of an epoch's first batch.
  public let batchSize: Int
  private let begin: @Sendable (_ epoch: Int, _ first: Int) -> AnyIterator<Batch>

  /// Creates the batches of a run from a dataset; epoch e uses pass e − 1.
  ///
  /// - Parameters:
  ///   - dataset: A dataset with at least `count` batches in each pass.
  ///   - count: The number of batches per epoch.
  ///   - batchSize: The number of rows of an epoch's first batch.
  /// - Precondition: The numbers are positive.
  public init(_ dataset: Dataset<Batch>, count: Int, batchSize: Int) {
    require(
      count > 0 && batchSize > 0,
      "the number of batches and the batch size must be positive, got \(count) and \(batchSize)")
    (self.count, self.batchSize) = (count, batchSize)
    begin = { epoch, first in
      let elements = dataset.pass(epoch - 1).makeIterator()
      for _ in 0..<first where elements.next() == nil { break }
      return elements
    }
  }

  /// Creates the batches of a run from batches in the text's order, the same in each epoch.
  public init(_ batches: ContiguousBatches) {
    (count, batchSize) = (batches.count, batches.batchSize)
    begin = { _, first in AnyIterator(batches[min(first, batches.count)...].makeIterator()) }
  }

  /// Creates the batches of a run from contiguous rows, which each epoch divides into batches of other lengths.
  init(_ rows: ContiguousBatches, lengths: RandomLengths, seed: UInt64) {
    (count, batchSize) = (lengths.batchCount(covering: rows.inputCount), rows.batchSize)
    begin = { epoch, first in
      // A stream that neither masks nor shuffles use.
      var random = RandomSource(seed: seed, stream: 3 << 62 | UInt64(epoch))
      let batches = rows.divided(into: lengths.lengths(covering: rows.inputCount, using: &random))
      return AnyIterator(batches[min(first, batches.count)...].makeIterator())
    }
  }

  /// Returns the batches of an epoch.
  ///
  /// - Parameters:
  ///   - epoch: The epoch; the first one is 1.
  ///   - first: The number of batches to skip at the start.
  public func batches(epoch: Int, from first: Int = 0) -> some Sequence<Batch> & IteratorProtocol<Batch> {
    begin(epoch, first)
  }
}

extension BatchLayout {
  /// Returns the batches of a text in this layout.
  ///
  /// - Parameter seed: The seed of the shuffle and of random lengths.
  /// - Throws: `TextError` if the text does not fill one batch.
  public func batches(of text: any TokenSource, seed: UInt64) throws(TextError) -> EpochBatches {
    switch kind {
    case .contiguous:
      let rows = try ContiguousBatches(text, batchSize: batchSize, stepCount: sequenceLength, remainder: remainder)
      return randomLengths.map { EpochBatches(rows, lengths: $0, seed: seed) } ?? EpochBatches(rows)
    case .windows(let buffer, let repeats):
      let windows = TokenWindows(text, length: sequenceLength)
      let shuffled = Dataset(windows).repeat(repeats).shuffle(buffer: buffer, seed: seed)
      return try batches(
        of: shuffled.batch(batchSize, remainder: remainder).map(Batch.init(windows:)), text, windows.count * repeats)
    case .sentences(let buffer, let end):
      let length = sequenceLength + 1
      let sentences = Dataset(Documents(text, endingWith: end)).map { document in
        Array(document.dropFirst().prefix { $0 != end })
      }
      let batched = sentences.shuffle(buffer: buffer, seed: seed).batch(batchSize, remainder: remainder)
      let padded = batched.map { Batch(padding: $0, maximumLength: length, paddingID: end) }
      return try batches(of: padded, text, sentences.reduce(0) { count, _ in count + 1 })
    case .documents(let end):
      let steps = sequenceLength
      let groups = Dataset(Documents(text, endingWith: end)).batch(batchSize)
      let batches = groups.flatMap { Batch.segments(of: $0, stepCount: steps, paddingID: end) }
      let count = groups.reduce(0) { count, group in
        count + ((group.map(\.count).max() ?? 1) - 1 + steps - 1) / steps
      }
      guard count > 0, let first = groups.first(where: { _ in true }) else { throw tooShort(text) }
      return EpochBatches(batches.prefetch(), count: count, batchSize: first.count)
    }
  }

  /// Returns batches for evaluating a model on a text: each token is predicted exactly once, from the same initial
  /// state as this layout uses in training.
  ///
  /// Contiguous text is read from start to end, windows are consecutive, and each document starts from the zero state.
  /// For sentences, the same tokens are counted as in training.
  ///
  /// - Parameters:
  ///   - text: The tokens.
  ///   - start: The token that precedes the text; nil to use the first token as context only. Ignored for sentences
  ///     and documents, which have their own context tokens.
  /// - Throws: `TextError` if there is no token to predict.
  public func validationBatches(of text: any TokenSource, after start: Int32? = nil) throws(TextError) -> EpochBatches {
    let whole: any TokenSource = start.map { PrecededTokens($0, text) } ?? text
    switch kind {
    case .contiguous:
      let rows = try TextRows(whole, rowLimit: batchSize)
      return EpochBatches(Dataset(rows), count: rows.count, batchSize: rows.rowCount)
    case .windows:
      let windows = TokenWindows(whole, length: sequenceLength, remainder: .keep)
      guard windows.count > 0 else { throw tooShort(whole) }
      let batches = Dataset(windows).batch(batchSize).map(Batch.init(windows:))
      return EpochBatches(
        batches.prefetch(), count: (windows.count + batchSize - 1) / batchSize,
        batchSize: min(batchSize, windows.count))
    case .sentences, .documents: return try batchesInOrder(of: text)
    }
  }

  /// Returns the batches of a text in this layout, unshuffled and with T steps each.
  ///
  /// If the text is too short for the training layout, the batches have fewer rows or steps.
  ///
  /// - Throws: `TextError` if there is no token to predict.
  package func batchesInOrder(of text: any TokenSource) throws(TextError) -> EpochBatches {
    let length = max(1, min(sequenceLength, text.count - 1))
    switch kind {
    case .contiguous:
      let size = min(batchSize, max(1, text.count / (length + 1)))
      return try BatchLayout.contiguous(batchSize: size, sequenceLength: length, remainder: remainder)
        .batches(of: text, seed: 0)
    case .windows:
      return try BatchLayout.windows(batchSize: batchSize, sequenceLength: length, buffer: 1).batches(of: text, seed: 0)
    case .sentences(_, let end):
      return try BatchLayout(
        kind: .sentences(buffer: 1, end: end), batchSize: batchSize, sequenceLength: sequenceLength, remainder: .keep
      ).batches(of: text, seed: 0)
    case .documents:
      return try batches(of: text, seed: 0)
    }
  }

  /// Creates the batches of rows, with prefetching in the background.
  private func batches(
    of dataset: Dataset<Batch>, _ text: any TokenSource, _ rowCount: Int
  ) throws(TextError) -> EpochBatches {
    let (whole, rest) = rowCount.quotientAndRemainder(dividingBy: batchSize)
    let count = whole + (remainder == .keep && rest > 0 ? 1 : 0)
    guard count > 0 else { throw tooShort(text) }
    return EpochBatches(dataset.prefetch(), count: count, batchSize: min(batchSize, rowCount))
  }

  private func tooShort(_ text: any TokenSource) -> TextError {
    let rows = remainder == .keep ? 1 : batchSize
    return .tooShortForBatches(
      tokenCount: text.count, needed: rows * sequenceLength + 1, batchSize: batchSize, stepCount: sequenceLength)
  }
}
