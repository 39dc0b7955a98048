import MynahInference

/// Tunes the weights of scores on lists with references, and rescores the lists with them.
struct RescoreTuning {
  /// The weights to start from; nil: the default ones.
  let weights: ScoreWeights?
  let output: RescoreOutput

  /// Reads all lists, tunes, and writes the weights, the word error rates and the lists.
  func run(_ lists: NBestReader, _ references: NBestReferences, _ scorer: TextScorer) throws {
    var (lists, references) = (lists, references)
    // Check all lines before running the model, which takes most of the time.
    var read: [(list: NBestList, reference: String)] = []
    while let list = try lists.next() { read.append((list, try references.take(for: list))) }
    try references.checkUsed()
    guard let names = read.first?.list.scoreNames else { return }
    let given = weights ?? ScoreWeights(defaultsFor: names)
    let start = try WeightedRescoring(given, names: names)
    var progress = WorkProgress("scoring")
    let scored = try read.enumerated().map { index, entry in
      progress.report(Double(index) / Double(read.count))
      return try entry.list.hypotheses.map { try ScoredHypothesis($0, by: scorer, reference: entry.reference) }
    }
    progress.clear()
    let tuned = ScoreWeights(
      names: names + ScoreWeights.builtInNames, values: try WeightTuning(scored).tuned(from: start.weights))
    let rule = try WeightedRescoring(tuned, names: names)
    var (errors, startErrors) = (RescoringErrors(), RescoringErrors())
    for list in scored {
      errors.add(rule.ranked(list))
      startErrors.add(start.ranked(list))
    }
    let summary = RescoreSummary(errors: errors, start: startErrors.after, weights: tuned)
    output.describe(summary)
    for list in scored { try output.write(rule.ranked(list)) }
    try output.finish(summary)
  }
}
