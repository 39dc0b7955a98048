/// How much of some texts stands in another, the training text: what a model has learned by heart.
///
/// The texts are held in memory, the training text is read once, piece by piece, so it may be as long as it likes.
public struct CopyReport: Hashable, Sendable {
  /// A stretch that stands in the training text too.
  public struct Copy: Hashable, Sendable {
    /// The text's number and the stretch in it.
    public let text: Int
    public let range: Range<Int>
  }

  /// The n-grams of one length.
  public struct Share: Hashable, Sendable {
    /// n, in tokens.
    public let length: Int
    /// How many n-grams the texts have.
    public let count: Int
    /// How many of them stand in the training text.
    public let copiedCount: Int
  }

  private let texts: [[Int32]]
  private var automaton: SuffixAutomaton
  /// For each token of each text the longest stretch, ending with it, that was found.
  private var reading = SuffixAutomaton.Reading()

  /// Takes the texts.
  public init(of texts: [[Int32]]) {
    self.texts = texts
    automaton = SuffixAutomaton(texts)
  }

  /// Reads the next piece of the training text.
  public mutating func read(_ ids: some Sequence<Int32>) {
    for id in ids { automaton.read(id, &reading) }
  }

  /// The longest stretch that was found, the first of several; nil if no token was.
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

  /// The share of n-grams of each length that were found.
  public func shares(of lengths: some Sequence<Int>) -> [Share] {
    let found = automaton.longestMatches(texts)
    return lengths.map { length in
      let all = found.flatMap { $0.dropFirst(length - 1) }
      return Share(length: length, count: all.count, copiedCount: all.count { $0 >= length })
    }
  }
}
