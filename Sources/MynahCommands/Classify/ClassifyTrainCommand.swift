import ArgumentParser
import Foundation
import MynahClassification
import MynahIO
import MynahModels
import MynahText

/// `mynah classify train`: trains a classifier on labelled texts.
struct ClassifyTrainCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a classifier on labelled texts.",
    discussion: """
      Reads a file with a label, a tab and a text on each line. Everything has a default:

        mynah classify train messages.tsv --output messages.classifier

      A tenth of the texts is the validation split, for early stopping and for the calibration of the probabilities; \
      each member of the ensemble has a different tenth.
      """)

  @Argument(help: "A file with a label, a tab and a text on each line.", completion: .file())
  var input: String

  @OptionGroup(title: "Output") var output: ClassifierOutputOptions
  @OptionGroup(title: "Method") var method: ClassifierOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  mutating func run() throws {
    try Interruption.watching { isInterrupted in
      try threads.run { try train(shouldStop: isInterrupted) }
    }
  }

  private func train(shouldStop: @escaping @Sendable () -> Bool) throws {
    let path = output.path(input: input)
    try output.check(path)
    let start = ContinuousClock.now
    let settings = try method.settings()
    let text = try LabelledText(at: input)
    var trainer = ClassifierTrainer(settings)
    trainer.languageModel = try method.languageModel()
    trainer.shouldStop = shouldStop
    var (classifier, validation) = try trainer.train(text) { StandardError.inform($0.inWords) }
    classifier.notes["training"] = try SafetensorsFile.encode(
      TrainingNote(textCount: text.examples.count, seed: settings.seed, from: method.from))
    guard !shouldStop() else { throw ClassificationError.interrupted }
    try classifier.write(to: path)
    let figures = Figures(
      classifier: path, method: classifier.method, labels: classifier.labels, count: text.examples.count,
      seconds: start.duration(to: .now).seconds, validation: ClassificationFigures(validation))
    guard !json else { return try StandardOutput.writeJSON(figures) }
    let scores = validation.labels.indices.map {
      "\(validation.labels[$0].visible) \(validation.f1(of: $0).formatted(4))"
    }
    try StandardOutput.write(
      "\(path): \(classifier.labels.count) labels, \(text.examples.count.grouped) texts; validation accuracy "
        + "\((100 * validation.accuracy).formatted(2)) %, F1 \(scores.joined(separator: ", "))\n")
  }

  private struct TrainingNote: Encodable {
    let textCount: Int
    let seed: UInt64
    let from: String?
  }

  private struct Figures: Encodable {
    let classifier: String
    let method: ClassificationMethod
    let labels: [String]
    let count: Int
    let seconds: Double
    let validation: ClassificationFigures
  }
}

/// The flags of a classifier's output file.
struct ClassifierOutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The classifier's file. (default: the input's name with .classifier, in the current folder)", valueName: "file"),
    completion: .file(), transform: Bounded.path)
  var output: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  func path(input: String) -> String {
    output ?? URL(filePath: input).deletingPathExtension().lastPathComponent + ".classifier"
  }

  /// Checks that the file can be written without replacing another one.
  ///
  /// - Throws: `CommandError`, or `FileError.cannotWrite`.
  func check(_ path: String) throws {
    try NewFile.check(path, overwriting: overwrite)
  }
}

extension ClassifierEvent {
  /// The event as a line of text.
  fileprivate var inWords: String {
    let member = memberCount > 1 ? "member \(self.member + 1) of \(memberCount), " : ""
    func figure(_ nats: Double) -> String {
      isOfTokens ? "perplexity \(exp(nats).asPerplexity)" : "loss \(nats.formatted(4))"
    }
    let validation = validationLoss.map { ", validation \(figure($0))" } ?? ""
    return "\(member)\(stage), epoch \(epoch) of \(epochCount): \(figure(trainingLoss))\(validation)\n"
  }
}
