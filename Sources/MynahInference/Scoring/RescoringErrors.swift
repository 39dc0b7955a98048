import MynahIO

/// The word errors of the top hypotheses of n-best lists.
public struct RescoringErrors: Hashable, Sendable {
  /// The errors of the top hypotheses before rescoring.
  public private(set) var before = WordErrors()
  /// The errors of the top hypotheses after rescoring.
  public private(set) var after = WordErrors()
  /// The errors of the best choice from each list: the minimum that any rescoring can reach.
  public private(set) var oracle = WordErrors()

  /// Creates the errors of no list.
  public init() {}

  /// Adds a list.
  ///
  /// - Parameter ranked: Its hypotheses, best first, with their word errors.
  /// - Precondition: all of them have word errors.
  public mutating func add(_ ranked: [RankedHypothesis]) {
    func errors(_ hypothesis: RankedHypothesis) -> WordErrors {
      guard let errors = hypothesis.scored.wordErrors else { requirementFailure("the hypotheses have no word errors") }
      return errors
    }
    guard let best = ranked.first, let first = ranked.min(by: { $0.index < $1.index }),
      let least = ranked.min(by: { errors($0).errorCount < errors($1).errorCount })
    else { return }
    before += errors(first)
    after += errors(best)
    oracle += errors(least)
  }
}
