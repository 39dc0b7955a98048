/// A sentence as inputs and targets of a fixed length, which short sentences are padded to and long ones cut to.
///
/// With a maximum length M both have M − 1 tokens. Of a sentence s of M tokens or more, the inputs are s[0 ..< M − 1] and the
/// targets s[1 ..< M]. Of a shorter one, the inputs are all but its last token and the targets all but its first, both
/// followed by padding; the empty sentence and one of a single token are padding alone.
public struct PaddedSentence: Sendable, Hashable {
  /// The tokens to read, M − 1 with the padding.
  public let inputs: [Int32]
  /// The tokens to predict, M − 1 with the padding.
  public let targets: [Int32]
  /// The number of tokens to read that are no padding.
  public let length: Int

  /// Cuts or pads a sentence.
  ///
  /// - Parameters:
  ///   - ids: The tokens of the sentence.
  ///   - maximumLength: M, at least 2.
  ///   - paddingID: A token that stands in no sentence, because the length is counted by it.
  public init(_ ids: [Int32], maximumLength: Int, paddingID: Int32 = 0) {
    precondition(maximumLength >= 2, "a padded sentence has room for at least 2 tokens, found \(maximumLength)")
    let ids = ids.prefix(maximumLength)
    inputs = Self.padded(ids.dropLast(), to: maximumLength - 1, with: paddingID)
    targets = Self.padded(ids.dropFirst(), to: maximumLength - 1, with: paddingID)
    length = inputs.count { $0 != paddingID }
  }

  /// Tokens with padding behind them up to a length; longer ones are as they are.
  public static func padded(_ ids: some Collection<Int32>, to length: Int, with paddingID: Int32 = 0) -> [Int32] {
    Array(ids) + Array(repeating: paddingID, count: max(0, length - ids.count))
  }
}

extension Batch {
  /// Puts sentences side by side, each cut or padded to the same length and beginning with the zero state.
  ///
  /// - Parameters:
  ///   - sentences: The tokens of each sentence.
  ///   - maximumLength: M, at least 2, which makes T = M − 1 steps; nil: that of the longest one.
  ///   - paddingID: A token that stands in no sentence.
  public init(padding sentences: [[Int32]], maximumLength: Int? = nil, paddingID: Int32 = 0) {
    let maximumLength = maximumLength ?? max(2, sentences.map(\.count).max() ?? 2)
    let rows = sentences.map { PaddedSentence($0, maximumLength: maximumLength, paddingID: paddingID) }
    self.init(
      rows: rows.map { $0.inputs.prefix($0.length) }, targets: rows.map { $0.targets.prefix($0.length) },
      stepCount: maximumLength - 1, paddingID: paddingID)
  }
}
