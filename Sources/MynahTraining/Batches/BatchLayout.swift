public import MynahText

/// How a text is cut into batches of B rows and at most T steps, and what becomes of the rows from batch to batch.
public struct BatchLayout: Hashable, Codable, Sendable {
  /// What a row is.
  public enum Rows: Hashable, Codable, Sendable {
    /// A stretch of the text that goes on in the next batch, which begins with the state that this one ends with.
    case contiguous
    /// A window of T tokens that stands alone, with the zero state before it, in an order of its own in each epoch.
    ///
    /// The order is drawn from a buffer of so many windows, 1 keeps the text's; an epoch goes over all windows `repeats` times.
    case windows(buffer: Int, repeats: Int)
    /// A sentence of the text that ends with a certain token, which is no part of it; cut or padded to T + 1 tokens.
    ///
    /// Like windows, sentences are shuffled. The end token is the padding too.
    case sentences(buffer: Int, end: Int32)
    /// A document that ends with a certain token, as lines do with `<eos>`: its state begins at zero, and all of its tokens
    /// are predicted. One that is longer than T steps goes on in the next batch.
    case documents(end: Int32)
  }

  /// What a row is.
  public let rows: Rows
  /// B, rows that are trained side by side.
  public let size: Int
  /// T, steps that gradients flow back through.
  public let steps: Int
  /// What becomes of tokens or rows at the end that do not fill a batch.
  public let remainder: Remainder

  /// Rows of contiguous text; the state is carried from one batch to the next.
  public static func contiguous(size: Int, steps: Int, remainder: Remainder = .drop) -> BatchLayout {
    BatchLayout(rows: .contiguous, size: size, steps: steps, remainder: remainder)
  }

  /// Windows in random order, each from the zero state.
  public static func windows(
    size: Int, steps: Int, buffer: Int = 10_000, repeats: Int = 1, remainder: Remainder = .keep
  ) -> BatchLayout {
    BatchLayout(rows: .windows(buffer: buffer, repeats: repeats), size: size, steps: steps, remainder: remainder)
  }

  /// Sentences in random order, each from the zero state, padded or cut to `maximumLength` tokens: T is one less.
  public static func sentences(
    size: Int, maximumLength: Int, endingWith end: Int32, buffer: Int = 10_000, remainder: Remainder = .keep
  ) -> BatchLayout {
    BatchLayout(
      rows: .sentences(buffer: buffer, end: end), size: size, steps: maximumLength - 1, remainder: remainder)
  }

  /// Documents in the text's order, each from the zero state.
  public static func documents(size: Int, steps: Int, endingWith end: Int32) -> BatchLayout {
    BatchLayout(rows: .documents(end: end), size: size, steps: steps, remainder: .keep)
  }

  /// The same with other sizes.
  public func with(size: Int? = nil, steps: Int? = nil) -> BatchLayout {
    BatchLayout(rows: rows, size: size ?? self.size, steps: steps ?? self.steps, remainder: remainder)
  }

  /// What is wrong with the layout, in words; nil if a text can be cut.
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
  /// The positions of a text at which the state of a model is reset that is trained in this layout.
  ///
  /// The rows of sentences and documents are the lines of a text, whose end is the token that ends a row.
  public var statePolicy: StatePolicy {
    switch rows {
    case .contiguous: .carry
    case .windows: .windows(length: steps)
    case .sentences, .documents: .reset
    }
  }
}

extension BatchLayout: CustomStringConvertible {
  /// The layout in words: "60 rows × 20 steps".
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
