/// Some tokens of a text to read, and the tokens that follow each of them.
public struct TokenWindow: Sendable, Hashable {
  private let ids: [Int32]

  /// Creates a window of n inputs from the n + 1 tokens that it spans.
  ///
  /// - Precondition: There are at least 2 tokens.
  public init(_ ids: [Int32]) {
    precondition(ids.count > 1, "a window spans at least 2 tokens, found \(ids.count)")
    self.ids = ids
  }

  /// The tokens to read.
  public var inputs: ArraySlice<Int32> { ids.dropLast() }
  /// The tokens to predict.
  public var targets: ArraySlice<Int32> { ids.dropFirst() }
  /// The number of tokens to read.
  public var count: Int { ids.count - 1 }
}

/// The windows that a text is cut into: n − 1 pairs of a token and the next, so many to a window, none twice.
///
/// These are independent of each other, to be shuffled and batched. Windows of 100 are those of TensorFlow's tutorial on
/// generating text; no pair of tokens spans two windows, but a window's last target is the next one's first input.
public struct TokenWindows: RandomAccessCollection, Sendable {
  private let tokens: any TokenSource
  /// The number of pairs of a window; the last may have fewer if remainders are kept.
  public let length: Int
  /// The number of windows, ⌊(n − 1) / length⌋, one more for a remainder that is kept.
  public let count: Int

  /// Cuts tokens into windows; fewer than 2 tokens give none.
  ///
  /// - Precondition: The length is positive.
  public init(_ tokens: any TokenSource, length: Int, remainder: Remainder = .drop) {
    precondition(length > 0, "a window has at least 1 pair of tokens, found \(length)")
    self.tokens = tokens
    self.length = length
    let (whole, rest) = Swift.max(0, tokens.count - 1).quotientAndRemainder(dividingBy: length)
    count = whole + (remainder == .keep && rest > 0 ? 1 : 0)
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  /// The window at a position in the text's order.
  public subscript(index: Int) -> TokenWindow {
    precondition(indices.contains(index), "window \(index) is outside of \(count) windows")
    return TokenWindow(tokens.ids(in: index * length..<Swift.min((index + 1) * length + 1, tokens.count)))
  }
}

extension Batch {
  /// Puts windows side by side, each a row that begins with the zero state; shorter ones are padded with 0.
  public init(windows: [TokenWindow]) {
    self.init(
      rows: windows.map(\.inputs), targets: windows.map(\.targets), stepCount: windows.map(\.count).max() ?? 0)
  }
}
