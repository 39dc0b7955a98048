import MynahIO

/// A sentence as inputs and targets of a fixed length; shorter sentences are padded, longer ones truncated.
///
/// With maximum length M, both have M − 1 tokens. For a sentence s of M or more tokens, the inputs are s[0 ..< M − 1]
/// and the targets s[1 ..< M]. For a shorter one, the inputs are all but the last token and the targets all but the
/// first, both followed by padding; an empty sentence or one of a single token is all padding.
public struct PaddedSentence: Sendable, Hashable {
  /// The input tokens, M − 1 including padding.
  public let inputs: [Int32]
  /// The target tokens, M − 1 including padding.
  public let targets: [Int32]
  /// The number of input tokens excluding padding.
  public let length: Int

  /// Pads or truncates a sentence.
  ///
  /// - Parameters:
  ///   - ids: The tokens of the sentence.
  ///   - maximumLength: The maximum length M, at least 2.
  ///   - paddingID: A token that occurs in no sentence, because `length` is computed by counting the other tokens.
  public init(_ ids: [Int32], maximumLength: Int, paddingID: Int32 = 0) {
    require(maximumLength >= 2, "a padded sentence must have room for at least 2 tokens, got \(maximumLength)")
    let ids = ids.prefix(maximumLength)
    inputs = Self.padded(ids.dropLast(), to: maximumLength - 1, with: paddingID)
    targets = Self.padded(ids.dropFirst(), to: maximumLength - 1, with: paddingID)
    length = inputs.count { $0 != paddingID }
  }

  /// Returns tokens padded at the end to a length; longer sequences are returned unchanged.
  public static func padded(_ ids: some Collection<Int32>, to length: Int, with paddingID: Int32 = 0) -> [Int32] {
    Array(ids) + Array(repeating: paddingID, count: max(0, length - ids.count))
  }
}

extension Batch {
  /// Creates a batch of sentences, padded or truncated to the same length, each starting from the zero state.
  ///
  /// - Parameters:
  ///   - sentences: The tokens of each sentence.
  ///   - maximumLength: The maximum length M, at least 2, for T = M − 1 steps; nil for the length of the longest
  ///     sentence.
  ///   - paddingID: A token that occurs in no sentence.
  public init(padding sentences: [[Int32]], maximumLength: Int? = nil, paddingID: Int32 = 0) {
    let maximumLength = maximumLength ?? max(2, sentences.map(\.count).max() ?? 2)
    let rows = sentences.map { PaddedSentence($0, maximumLength: maximumLength, paddingID: paddingID) }
    self.init(
      rows: rows.map { $0.inputs.prefix($0.length) }, targets: rows.map { $0.targets.prefix($0.length) },
      stepCount: maximumLength - 1, paddingID: paddingID)
  }
}
