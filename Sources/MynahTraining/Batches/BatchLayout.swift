public import MynahText

/// The batching of a text: batches of B rows and at most T steps, and the handling of the state between batches.
public struct BatchLayout: Hashable, Codable, Sendable {
  /// The kind of batching: what a row of a batch is, and where the state is reset.
  public enum Kind: Hashable, Codable, Sendable {
    /// A contiguous part of the text that continues in the next batch; the state is carried over.
    case contiguous(lengths: SequenceLengths)
    /// A window of T tokens with a zero initial state; the order of windows differs in each epoch.
    ///
    /// The order is drawn from a shuffle buffer of `buffer` windows (1 keeps the text's order); an epoch contains each
    /// window `repeats` times.
    case windows(buffer: Int, repeats: Int)
    /// A sentence of the text, without the token that ends it, truncated or padded to T + 1 tokens.
    ///
    /// Sentences are shuffled like windows. The end token is also the padding.
    case sentences(buffer: Int, end: Int32)
    /// A document that ends with a certain token, such as `<eos>` for lines: its initial state is zero, and all of its
    /// tokens are predicted. A document longer than T steps continues in the next batch.
    case documents(end: Int32)
  }

  /// The sequence lengths of contiguous batches.
  public enum SequenceLengths: String, Hashable, Codable, Sendable {
    /// T steps each.
    case fixed
    /// A random number of steps for each batch: near T in 95 % of the batches, near T / 2 in the others, at least 5 and
    /// at most T + 25. The learning rate of a step is multiplied by its length / T.
    ///
    /// Each epoch covers the whole text in the same number of batches, split at different positions. S. Merity, N.
    /// Keskar, R. Socher, "Regularizing and optimizing LSTM language models", 2018.
    case random
  }

  /// The kind of batching.
  public let kind: Kind
  /// B, the number of rows that are processed in parallel.
  public let batchSize: Int
  /// T, the number of steps that gradients flow back through.
  public let sequenceLength: Int
  /// The handling of tokens or rows at the end that do not fill a batch.
  public let remainder: Remainder

  /// Returns a layout of contiguous rows; the state is carried over from each batch to the next.
  public static func contiguous(
    batchSize: Int, sequenceLength: Int, lengths: SequenceLengths = .fixed, remainder: Remainder = .drop
  ) -> BatchLayout {
    BatchLayout(
      kind: .contiguous(lengths: lengths), batchSize: batchSize, sequenceLength: sequenceLength, remainder: remainder)
  }

  /// Returns a layout of windows in random order, each with a zero initial state.
  public static func windows(
    batchSize: Int, sequenceLength: Int, buffer: Int = 10_000, repeats: Int = 1, remainder: Remainder = .keep
  ) -> BatchLayout {
    BatchLayout(
      kind: .windows(buffer: buffer, repeats: repeats), batchSize: batchSize, sequenceLength: sequenceLength,
      remainder: remainder)
  }

  /// Returns a layout of sentences in random order, padded or truncated to `maximumLength` = T + 1 tokens, each with a
  /// zero initial state.
  public static func sentences(
    batchSize: Int, maximumLength: Int, endingWith end: Int32, buffer: Int = 10_000, remainder: Remainder = .keep
  ) -> BatchLayout {
    BatchLayout(
      kind: .sentences(buffer: buffer, end: end), batchSize: batchSize, sequenceLength: maximumLength - 1,
      remainder: remainder)
  }

  /// Returns a layout of documents in the text's order, each with a zero initial state.
  public static func documents(batchSize: Int, sequenceLength: Int, endingWith end: Int32) -> BatchLayout {
    BatchLayout(kind: .documents(end: end), batchSize: batchSize, sequenceLength: sequenceLength, remainder: .keep)
  }

  /// Returns the layout with another batch size or sequence length.
  public func with(batchSize: Int? = nil, sequenceLength: Int? = nil) -> BatchLayout {
    BatchLayout(
      kind: kind, batchSize: batchSize ?? self.batchSize, sequenceLength: sequenceLength ?? self.sequenceLength,
      remainder: remainder)
  }

  /// A description of what is wrong with the layout; nil if it is valid.
  public var defect: String? {
    let (buffer, repeats, end) =
      switch kind {
      case .contiguous: (1, 1, Int32(0))
      case .windows(let buffer, let repeats): (buffer, repeats, 0)
      case .sentences(let buffer, let end): (buffer, 1, end)
      case .documents(let end): (1, 1, end)
      }
    let limit = 1 << 24
    if let number = [batchSize, sequenceLength, buffer, repeats].first(where: { !(1...limit).contains($0) }) {
      return "a batch size, a sequence length and a shuffle buffer must be between 1 and \(limit), found \(number)"
    }
    if let randomLengths, randomLengths.base < RandomLengths.smallest {
      return "random sequence lengths need a sequence length of at least \(RandomLengths.smallest), found "
        + "\(sequenceLength)"
    }
    return end < 0 ? "the token that ends a row must not be negative, found \(end)" : nil
  }
}

extension BatchLayout {
  /// The positions of a text at which the state of a model trained with this layout is reset.
  ///
  /// With sentences or documents, each row is a line of text that ends with the layout's end token.
  public var statePolicy: StatePolicy {
    switch kind {
    case .contiguous: .carry
    case .windows: .windows(length: sequenceLength)
    case .sentences, .documents: .reset
    }
  }
}

extension BatchLayout {
  /// The random lengths of the batches; nil if they have T steps.
  var randomLengths: RandomLengths? {
    kind == .contiguous(lengths: .random) ? RandomLengths(base: sequenceLength) : nil
  }

  /// The largest number of steps of a batch.
  public var longestSequence: Int { randomLengths?.largest ?? sequenceLength }

  /// Returns the factor of the learning rate for an update from some batches: with random lengths, their mean length
  /// divided by T; otherwise 1.
  func rateFactor(of batches: [Batch]) -> Float {
    guard let randomLengths else { return 1 }
    return Float(batches.reduce(0) { $0 + $1.stepCount }) / Float(batches.count * randomLengths.base)
  }
}

extension BatchLayout: CustomStringConvertible {
  /// A description of the layout: "60 rows × 20 steps", or "20 rows × about 70 steps" with random lengths.
  public var description: String {
    let row =
      switch kind {
      case .contiguous: "row"
      case .windows: "window"
      case .sentences: "sentence"
      case .documents: "document"
      }
    let steps = sequenceLength
    return "\(batchSize) \(row)\(batchSize == 1 ? "" : "s") × \(randomLengths == nil ? "" : "about ")\(steps) "
      + "step\(steps == 1 ? "" : "s")"
  }
}
