import MynahIO
import MynahText

/// A reader that scores the tokens of texts with a predictor, which is reset at the beginning of each text.
struct TextReading: Sendable {
  /// The predictor before a text.
  private let beginning: any Predictor
  /// The predictor after the tokens so far.
  ///
  /// If several processes share the texts, it has read only this process's tokens.
  private(set) var predictor: any Predictor
  private let sharing: WorkSharing?
  /// The process that has read the last token.
  private var lastReader = 0

  /// Creates a reading.
  ///
  /// - Parameters:
  ///   - predictor: A predictor that has not begun a text, or one whose text the first tokens continue.
  ///   - sharing: The processes that share the texts between two resets; nil: this process reads all texts.
  init(_ predictor: any Predictor, sharing: WorkSharing? = nil) {
    (beginning, self.predictor, self.sharing) = (predictor, predictor, sharing)
  }

  /// The score of a token.
  struct Score: Sendable {
    /// ln p of the token.
    let logProbability: Double
    /// The token's rank among all; 0 unless it was requested.
    let rank: Int
  }

  /// Reads tokens and returns the score of each; nil for a token that is context only.
  ///
  /// - Parameter ranked: A Boolean value indicating whether to find the tokens' ranks, which takes a pass through the
  ///   output for every token.
  /// - Throws: `InferenceError.notFinite`.
  mutating func score(_ tokens: [TextToken], ranked: Bool = false) throws -> [Score?] {
    let runs = tokens.runs
    let readers = readers(of: runs)
    var own: [Double] = []
    for (run, reader) in zip(runs, readers) where reader == sharing?.rank ?? 0 {
      if run.beginsText { predictor = beginning }
      try predictor.read(run.context)
      guard ranked else {
        own += try predictor.score(run.ids)
        continue
      }
      for id in run.ids {
        let all = try predictor.logProbabilities()
        try predictor.read([id])
        own += [all[Int(id)], Double(all.rank(of: id))]
      }
    }
    lastReader = readers.last ?? lastReader
    var rest =
      try sharing.map { sharing in
        try sharing.gather(own.littleEndianBytes).map { [Double](littleEndianBytes: $0)[...] }
      } ?? [own[...]]
    var result: [Score?] = []
    result.reserveCapacity(tokens.count)
    for (run, reader) in zip(runs, readers) {
      if run.contextIsToken { result.append(nil) }
      for _ in run.ids {
        guard let value = rest[reader].popFirst(), let rank = ranked ? rest[reader].popFirst() : 0 else {
          throw WorkSharingError(rank: reader)
        }
        result.append(Score(logProbability: value, rank: Int(rank)))
      }
    }
    return result
  }

  /// Returns the process that reads each run: a run that continues a text is read by the process that began the text,
  /// and the others are distributed so that the processes have about equally many tokens.
  private func readers(of runs: [TextRun]) -> [Int] {
    guard let sharing else { return runs.map { _ in 0 } }
    let total = max(runs.reduce(0) { $0 + $1.ids.count }, 1)
    var before = 0
    return runs.map { run in
      defer { before += run.ids.count }
      return run.beginsText ? min(before * sharing.rankCount / total, sharing.rankCount - 1) : lastReader
    }
  }
}
