import MynahIO

/// A text to evaluate in several parallel rows, as if it were a single sequence: every token but the first is predicted
/// once.
///
/// The text is cut into at most `rowLimit` long rows; a short text is one row. The initial state of a row is computed
/// from the `contextLength` tokens before it, which are not counted.
public struct TextRows: Sequence, Sendable {
  private let tokens: any TokenSource
  /// The number of rows.
  public let rowCount: Int
  /// The sequence length T of a batch.
  public let stepCount: Int
  private let contextLength: Int

  /// Divides a text into rows.
  ///
  /// - Parameters:
  ///   - tokens: The tokens of the text.
  ///   - rowLimit: The maximum number of rows, at least 1.
  ///   - rowLength: The minimum number of tokens per row if there are several.
  ///   - contextLength: The number of context tokens before a row, at most the length of a row.
  /// - Throws: `TextError` if there are fewer than two tokens.
  public init(
    _ tokens: any TokenSource, rowLimit: Int, rowLength: Int = 8192, contextLength: Int = 512
  ) throws(TextError) {
    require(
      rowLimit > 0 && rowLength > 0 && (0...rowLength).contains(contextLength),
      "cannot cut \(rowLimit) rows of \(rowLength) tokens with \(contextLength) tokens of context")
    guard tokens.count > 1 else {
      throw .tooShortForBatches(tokenCount: tokens.count, needed: 2, batchSize: 1, stepCount: 1)
    }
    self.tokens = tokens
    self.contextLength = contextLength
    rowCount = Swift.max(1, Swift.min(rowLimit, (tokens.count - 1) / rowLength))
    stepCount = Swift.max(1, 1024 / rowCount)
  }

  /// Returns the inputs of a row: its even share of all tokens of the text but the last.
  private func inputs(ofRow row: Int) -> Range<Int> {
    let (length, rest) = (tokens.count - 1).quotientAndRemainder(dividingBy: rowCount)
    let start = row * length + Swift.min(row, rest)
    return start..<start + length + (row < rest ? 1 : 0)
  }

  /// The number of batches.
  public var count: Int {
    let steps = { (length: Int) in (length + stepCount - 1) / stepCount }
    return steps(inputs(ofRow: 0).count) + (rowCount > 1 ? steps(contextLength) : 0)
  }

  public func makeIterator() -> AnyIterator<Batch> {
    let rows = (0..<rowCount).map { inputs(ofRow: $0) }
    // The first row has no context.
    let contexts = rows.map { $0.lowerBound - ($0.lowerBound > 0 ? contextLength : 0)..<$0.lowerBound }
    let batches = (rowCount > 1 ? cuts(contexts, isContext: true) : []) + cuts(rows, isContext: false)
    var next = 0
    return AnyIterator {
      guard next < batches.count else { return nil }
      defer { next += 1 }
      return batch(batches[next].ranges, carriesState: next > 0, isContext: batches[next].isContext)
    }
  }

  private typealias Cut = (ranges: [Range<Int>], isContext: Bool)

  /// Returns parallel ranges cut into chunks of T steps.
  private func cuts(_ ranges: [Range<Int>], isContext: Bool) -> [Cut] {
    stride(from: 0, to: ranges.map(\.count).max() ?? 0, by: stepCount).map { first in
      let cut = ranges.map { range in
        let start = Swift.min(range.lowerBound + first, range.upperBound)
        return start..<Swift.min(start + stepCount, range.upperBound)
      }
      return (cut, isContext)
    }
  }

  private func batch(_ ranges: [Range<Int>], carriesState: Bool, isContext: Bool) -> Batch {
    Batch(
      rows: ranges.map { tokens.ids(in: $0) },
      targets: ranges.map { tokens.ids(in: $0.lowerBound + 1..<$0.upperBound + 1) },
      stepCount: ranges.map(\.count).max() ?? 0, carriesState: carriesState, isContext: isContext)
  }
}

/// A token followed by other tokens, which are not copied.
public struct PrecededTokens: TokenSource {
  private let first: Int32
  private let rest: any TokenSource

  /// Prepends a token to others.
  public init(_ first: Int32, _ rest: any TokenSource) { (self.first, self.rest) = (first, rest) }

  public var count: Int { rest.count + 1 }

  public func ids(in range: Range<Int>) -> [Int32] {
    guard range.lowerBound == 0 else { return rest.ids(in: range.lowerBound - 1..<range.upperBound - 1) }
    return range.isEmpty ? [] : [first] + rest.ids(in: 0..<range.upperBound - 1)
  }
}
