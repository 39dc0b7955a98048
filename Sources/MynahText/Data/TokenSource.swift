import MynahIO

/// A random-access source of the tokens of a text, in memory or in a file.
public protocol TokenSource: Sendable {
  /// The number of tokens.
  var count: Int { get }

  /// Returns the tokens in a range.
  ///
  /// - Precondition: The range is in 0 ..< `count`.
  func ids(in range: Range<Int>) -> [Int32]
}

extension Array: TokenSource where Element == Int32 {
  public func ids(in range: Range<Int>) -> [Int32] { Array(self[range]) }
}

/// A range of another source's tokens, numbered from 0, which are not copied.
public struct TokenRange: TokenSource {
  private let tokens: any TokenSource
  private let range: Range<Int>

  /// Creates a range of a source's tokens.
  ///
  /// - Precondition: The range is in 0 ..< `tokens.count`.
  public init(_ tokens: any TokenSource, _ range: Range<Int>) {
    require(
      range.lowerBound >= 0 && range.upperBound <= tokens.count, "\(range) lies outside of \(tokens.count) tokens")
    self.tokens = tokens
    self.range = range
  }

  public var count: Int { range.count }

  public func ids(in range: Range<Int>) -> [Int32] {
    require(range.upperBound <= count, "\(range) lies outside of \(count) tokens")
    return tokens.ids(in: range.lowerBound + self.range.lowerBound..<range.upperBound + self.range.lowerBound)
  }
}

extension SHA256 {
  /// Returns the digest of token IDs as little-endian 32-bit integers, read in chunks.
  package static func hexadecimal(of tokens: any TokenSource) -> String {
    var hash = SHA256()
    for start in stride(from: 0, to: tokens.count, by: 1 << 16) {
      hash.update(tokens.ids(in: start..<min(start + 1 << 16, tokens.count)))
    }
    return hash.hexadecimal()
  }
}
