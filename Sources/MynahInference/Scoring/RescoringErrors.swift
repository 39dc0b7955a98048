import MynahIO

/// The word errors of the first texts of lists.
public struct RescoringErrors: Hashable, Sendable {
  /// Of the first texts before rescoring.
  public private(set) var before = WordErrors()
  /// Of the first texts after rescoring.
  public private(set) var after = WordErrors()
  /// Of the best choice from each list: the least that any rescoring can reach.
  public private(set) var oracle = WordErrors()

  /// The errors of no list.
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
