/// A report on the parts of texts that also occur in the training text: what a model has memorised.
///
/// The texts are held in memory. The training text is read once, piece by piece, so it may be of any length.
public struct CopyReport: Hashable, Sendable {
  /// A range of a text that also occurs in the training text.
  public struct Copy: Hashable, Sendable {
    /// The index of the text.
    public let text: Int
    /// The tokens of the text.
    public let range: Range<Int>
  }

  /// The n-grams of one length.
  public struct Share: Hashable, Sendable {
    /// n, in tokens.
    public let length: Int
    /// The number of n-grams of the texts.
    public let count: Int
    /// The number of these n-grams that occur in the training text.
    public let copiedCount: Int
  }

  private let texts: [[Int32]]
  private var automaton: SuffixAutomaton
  /// The position in the automaton after the training text read so far.
  private var reading = SuffixAutomaton.Reading()

  /// Creates a report on texts.
  public init(of texts: [[Int32]]) {
    self.texts = texts
    automaton = SuffixAutomaton(texts)
  }

  /// Reads the next piece of the training text.
  public mutating func read(_ ids: some Sequence<Int32>) {
    for id in ids { automaton.read(id, &reading) }
  }

  /// The longest range that was found, the first of several equally long ones; nil if no token was found.
  public var longest: Copy? {
    let found = automaton.longestMatches(texts)
    var best: Copy?
    for (number, ends) in found.enumerated() {
      for (end, length) in ends.enumerated() where length > (best?.range.count ?? 0) {
        best = Copy(text: number, range: end + 1 - length..<end + 1)
      }
    }
    return best
  }

  /// Returns the share of n-grams of each length that were found.
  public func shares(of lengths: some Sequence<Int>) -> [Share] {
    let found = automaton.longestMatches(texts)
    return lengths.map { length in
      let all = found.flatMap { $0.dropFirst(length - 1) }
      return Share(length: length, count: all.count, copiedCount: all.count { $0 >= length })
    }
  }
}
