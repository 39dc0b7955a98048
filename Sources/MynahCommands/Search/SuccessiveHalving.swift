/// The rungs of a search: all runs are trained for a few epochs, then the best 1/η of them for η times as many, and so
/// on.
///
/// K. Jamieson, A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016, with the
/// factor η of L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh, A. Talwalkar, "Hyperband", 2018.
package struct SuccessiveHalving: Sendable {
  /// A part of a search, after which runs are compared.
  package struct Rung: Hashable, Sendable {
    /// The maximum number of runs that reach the rung.
    package let runCount: Int
    /// The number of epochs that these runs are trained for, including those of earlier rungs.
    package let epochs: Int
  }

  /// The result of a run at a rung.
  package struct Result: Hashable, Codable, Sendable {
    /// The number of the run; the first one is 1.
    package let run: Int
    /// The number of the rung; the first one is 1.
    package let rung: Int
    /// The epochs that the run was trained for; fewer than those of the rung if it stopped early or diverged.
    package let epochs: Int
    /// The lowest mean validation loss of these epochs, in nats; nil: the run diverged.
    package let loss: Double?
    /// The perplexity of the test text, at the last rung.
    package let test: Double?

    package init(run: Int, rung: Int, epochs: Int, loss: Double?, test: Double? = nil) {
      (self.run, self.rung, self.epochs) = (run, rung, epochs)
      (self.loss, self.test) = (loss, test)
    }
  }

  /// The rungs; the last one has all epochs.
  package let rungs: [Rung]

  /// Divides a search into rungs.
  ///
  /// There are as many rungs as the number of runs allows, unless the first one would have less than 1 epoch.
  ///
  /// - Parameters:
  ///   - runCount: The number of runs; at least 1.
  ///   - epochs: The epochs of the last rung; at least 1.
  ///   - factor: η, at least 2.
  package init(runCount: Int, epochs: Int, factor: Int) {
    func quotients(_ first: Int) -> [Int] {
      Array(sequence(first: first) { $0 > 1 ? max(1, $0 / factor) : nil })
    }
    let (runCounts, spans) = (quotients(runCount), quotients(epochs))
    let count = min(runCounts.count, spans.count)
    rungs = zip(runCounts, spans.prefix(count).reversed()).map { Rung(runCount: $0, epochs: $1) }
  }

  /// Returns the run to train next and the number of its rung; nil at the end of the search.
  ///
  /// At each rung, the best runs of the previous rung continue. A run that diverges is dropped, and the next best run
  /// takes its place, at earlier rungs too.
  package func next(after results: [Result]) -> (run: Int, rung: Int)? {
    let diverged = Set(results.filter { $0.loss == nil }.map(\.run))
    let results = results.filter { !diverged.contains($0.run) }
    var candidates = (1...rungs[0].runCount).filter { !diverged.contains($0) }
    for (number, rung) in zip(1..., rungs) {
      let reached = results.filter { $0.rung == number }
      for run in candidates.prefix(rung.runCount) where !reached.contains(where: { $0.run == run }) {
        return (run, number)
      }
      candidates = Self.ranking(of: reached).map(\.run)
    }
    return nil
  }

  /// Returns the last result of each run, best run first: by rung, latest first, then by ascending loss; runs that
  /// diverged are last.
  package static func ranking(of results: [Result]) -> [Result] {
    let last = Dictionary(results.map { ($0.run, $0) }) { $0.rung > $1.rung ? $0 : $1 }.values
    func key(_ result: Result) -> (Int, Int, Double, Int) {
      (result.loss == nil ? 1 : 0, -result.rung, result.loss ?? 0, result.run)
    }
    return last.sorted { key($0) < key($1) }
  }
}
