import MynahIO

/// A window of consecutive input tokens of a text, and the token that follows each of them.
public struct TokenWindow: Sendable, Hashable {
  private let ids: [Int32]

  /// Creates a window of n inputs from n + 1 consecutive tokens.
  ///
  /// - Precondition: There are at least 2 tokens.
  public init(_ ids: [Int32]) {
    require(ids.count > 1, "windows need at least 2 tokens, got \(ids.count)")
    self.ids = ids
  }

  /// The input tokens.
  public var inputs: ArraySlice<Int32> { ids.dropLast() }
  /// The target tokens.
  public var targets: ArraySlice<Int32> { ids.dropFirst() }
  /// The number of input tokens.
  public var count: Int { ids.count - 1 }
}

/// The windows of a text: its n − 1 pairs of a token and the next, `length` pairs per window, without overlap.
///
/// The windows are independent of each other, so they can be shuffled and batched. TensorFlow's tutorial on text
/// generation uses windows of 100 tokens. No pair of tokens spans two windows, but a window's last target is the next
/// window's first input.
public struct TokenWindows: RandomAccessCollection, Sendable {
  private let tokens: any TokenSource
  /// The number of pairs per window; the last window may have fewer if the remainder is kept.
  public let length: Int
  /// The number of windows, ⌊(n − 1) / length⌋, plus one if there is a remainder that is kept.
  public let count: Int

  /// Divides tokens into windows; fewer than 2 tokens yield no window.
  ///
  /// - Precondition: The length is positive.
  public init(_ tokens: any TokenSource, length: Int, remainder: Remainder = .drop) {
    require(length > 0, "a window must have at least 1 pair of tokens, got \(length)")
    self.tokens = tokens
    self.length = length
    let (whole, rest) = Swift.max(0, tokens.count - 1).quotientAndRemainder(dividingBy: length)
    count = whole + (remainder == .keep && rest > 0 ? 1 : 0)
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  /// The window at an index, in text order.
  public subscript(index: Int) -> TokenWindow {
    require(indices.contains(index), "window \(index) is outside of \(count) windows")
    return TokenWindow(tokens.ids(in: index * length..<Swift.min((index + 1) * length + 1, tokens.count)))
  }
}

extension Batch {
  /// Creates a batch with one window per row, each starting from the zero state; shorter windows are padded with 0.
  public init(windows: [TokenWindow]) {
    self.init(
      rows: windows.map(\.inputs), targets: windows.map(\.targets), stepCount: windows.map(\.count).max() ?? 0)
  }
}
