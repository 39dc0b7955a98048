import ArgumentParser
import Foundation
import MynahDatasets
import MynahIO
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// `mynah demo`: training on a built-in language, without data or network.
struct DemoCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Train on a small language whose true perplexity is known.",
    discussion: """
      Samples a text from a probabilistic grammar of about 280 English words, trains an LSTM on it, and prints what \
      the model has learned. The grammar is unambiguous, so its entropy is exact: the perplexity that no model can \
      beat is printed with those of the model and of a trigram.
      """)

  @Option(help: "The seed of the texts, the initial weights and the sentences.")
  var seed: UInt64 = 1

  @Flag(help: "Print the figures as one JSON object.")
  var json = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  func run() throws {
    try threads.run {
      let experiment = DemoExperiment(seed: seed)
      try introduce(experiment)
      let start = ContinuousClock.now
      let model = try Interruption.watching { isInterrupted in
        try experiment.train(stoppingIf: isInterrupted) { event in
          if case .epoch(let epoch) = event { report(epoch, of: experiment, since: start) }
        }
      }
      let seconds = (ContinuousClock.now - start).seconds
      let sample = try experiment.write(model, sentences: 1000, seed: seed)
      let figures = Figures(
        truePerplexity: experiment.language.truePerplexity,
        modelPerplexity: try experiment.perplexity(of: model),
        trigramPerplexity: experiment.trigramPerplexity,
        trainingSeconds: seconds,
        acceptedShare: experiment.language.acceptedShare(of: sample))
      if json { return try StandardOutput.writeJSON(figures) }
      try conclude(experiment, figures, sample)
    }
  }

  /// The figures in JSON; scripts rely on their names.
  private struct Figures: Encodable {
    let truePerplexity, modelPerplexity, trigramPerplexity, trainingSeconds, acceptedShare: Double
  }

  private func introduce(_ experiment: DemoExperiment) throws {
    guard !json else { return }
    let language = experiment.language
    try StandardOutput.write(
      """
      A language of \(language.vocabulary.count) words, drawn from a grammar:
      \(sentences(Array(experiment.training.prefix(60)), language))
      \(experiment.untrained.summary)

      Before training the model writes:
      \(sentences(try experiment.write(experiment.untrained, sentences: 2, seed: seed), language, longest: 12))

      """)
  }

  private func report(_ epoch: EpochReport, of experiment: DemoExperiment, since start: ContinuousClock.Instant) {
    let seconds = (ContinuousClock.now - start).seconds
    let speed = Double(epoch.epoch * experiment.training.count) / seconds
    StandardError.inform(
      "epoch \(epoch.epoch) of \(experiment.configuration.epochs): perplexity \(epoch.train.perplexity.formatted(2)), "
        + "\(Int(speed).grouped) tokens/s\n")
  }

  private func conclude(_ experiment: DemoExperiment, _ figures: Figures, _ sample: [Int32]) throws {
    let ratio = figures.modelPerplexity / figures.truePerplexity
    try StandardOutput.write(
      """
      After \(figures.trainingSeconds.formatted(1)) seconds of training it writes:
      \(sentences(Array(sample.prefix(60)), experiment.language))
      The grammar accepts \((100 * figures.acceptedShare).formatted(1)) % of 1,000 sentences that the model wrote.

      Perplexity of a text that it has not seen
        the language itself (no model can beat it)  \(figures.truePerplexity.formatted(3))
        this model                                  \(figures.modelPerplexity.formatted(3))  (\(ratio.formatted(3)) ×)
        an add-one trigram of the same text         \(figures.trigramPerplexity.formatted(3))

      """)
  }

  /// Returns sentences, one per line and indented; an incomplete one at the end is dropped.
  private func sentences(_ ids: [Int32], _ language: DemoLanguage, longest: Int = .max) -> String {
    let end = language.vocabulary.endOfSentenceID
    let closed = ids.split(separator: end ?? -1, omittingEmptySubsequences: true).prefix(5)
    return closed.map { sentence in
      let words = sentence.prefix(longest).map { language.vocabulary[$0] }.joined(separator: " ")
      return "  " + words + (sentence.count > longest ? " …" : "") + "\n"
    }.joined()
  }
}
