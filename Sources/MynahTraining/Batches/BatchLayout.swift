public import MynahText

/// The batching of a text: batches of B rows and at most T steps, and the handling of the state between batches.
public struct BatchLayout: Hashable, Codable, Sendable {
  /// The kind of a batch's rows.
  public enum Rows: Hashable, Codable, Sendable {
    /// A contiguous part of the text that continues in the next batch; the state is carried over.
    case contiguous
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

  /// The kind of rows.
  public let rows: Rows
  /// B, the batch size: the number of rows that are processed in parallel.
  public let size: Int
  /// T, the sequence length: the number of steps that gradients flow back through.
  public let steps: Int
  /// The handling of tokens or rows at the end that do not fill a batch.
  public let remainder: Remainder

  /// Returns a layout of contiguous rows; the state is carried over from each batch to the next.
  public static func contiguous(size: Int, steps: Int, remainder: Remainder = .drop) -> BatchLayout {
    BatchLayout(rows: .contiguous, size: size, steps: steps, remainder: remainder)
  }

  /// Returns a layout of windows in random order, each with a zero initial state.
  public static func windows(
    size: Int, steps: Int, buffer: Int = 10_000, repeats: Int = 1, remainder: Remainder = .keep
  ) -> BatchLayout {
    BatchLayout(rows: .windows(buffer: buffer, repeats: repeats), size: size, steps: steps, remainder: remainder)
  }

  /// Returns a layout of sentences in random order, padded or truncated to `maximumLength` = T + 1 tokens, each with a
  /// zero initial state.
  public static func sentences(
    size: Int, maximumLength: Int, endingWith end: Int32, buffer: Int = 10_000, remainder: Remainder = .keep
  ) -> BatchLayout {
    BatchLayout(
      rows: .sentences(buffer: buffer, end: end), size: size, steps: maximumLength - 1, remainder: remainder)
  }

  /// Returns a layout of documents in the text's order, each with a zero initial state.
  public static func documents(size: Int, steps: Int, endingWith end: Int32) -> BatchLayout {
    BatchLayout(rows: .documents(end: end), size: size, steps: steps, remainder: .keep)
  }

  /// Returns the layout with another batch size or sequence length.
  public func with(size: Int? = nil, steps: Int? = nil) -> BatchLayout {
    BatchLayout(rows: rows, size: size ?? self.size, steps: steps ?? self.steps, remainder: remainder)
  }

  /// A description of what is wrong with the layout; nil if it is valid.
  public var defect: String? {
    let (buffer, repeats, end) =
      switch rows {
      case .contiguous: (1, 1, Int32(0))
      case .windows(let buffer, let repeats): (buffer, repeats, 0)
      case .sentences(let buffer, let end): (buffer, 1, end)
      case .documents(let end): (1, 1, end)
      }
    let limit = 1 << 24
    if let number = [size, steps, buffer, repeats].first(where: { !(1...limit).contains($0) }) {
      return "a batch's rows and steps, and a shuffle's buffer, must lie between 1 and \(limit), found \(number)"
    }
    return end < 0 ? "the token that ends a row must not be negative, found \(end)" : nil
  }
}

extension BatchLayout {
  /// The positions of a text at which the state of a model trained with this layout is reset.
  ///
  /// For sentences and documents, rows are lines of text: a line ends with the token that ends a row.
  public var statePolicy: StatePolicy {
    switch rows {
    case .contiguous: .carry
    case .windows: .windows(length: steps)
    case .sentences, .documents: .reset
    }
  }
}

extension BatchLayout: CustomStringConvertible {
  /// A description of the layout: "60 rows × 20 steps".
  public var description: String {
    let kind =
      switch rows {
      case .contiguous: "row"
      case .windows: "window"
      case .sentences: "sentence"
      case .documents: "document"
      }
    return "\(size) \(kind)\(size == 1 ? "" : "s") × \(steps) step\(steps == 1 ? "" : "s")"
  }
}
