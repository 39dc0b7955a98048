import MynahInference
import MynahModels
import MynahText
import MynahTraining

/// What a finished run came to.
struct TrainingResult: Encodable {
  let model: String
  let epochs: Int
  let bestEpoch: Int
  let train: Double
  let validation: Double?
  let test: Double?
  let vocabularySize: Int
  let parameterCount: Int

  /// Gathers the figures and measures the model on the test text, if there is one.
  init(_ job: TrainingJob, model: LanguageModel, history: [EpochReport], test: String?) throws {
    let best = history.min { ($0.validation?.mean ?? 0) < ($1.validation?.mean ?? 0) }
    guard let best else { preconditionFailure("a finished run has an epoch") }
    self.model = job.files.modelPath
    epochs = history.count
    (bestEpoch, train, validation) = (best.epoch, best.train.perplexity, best.validation?.perplexity)
    self.test = try test.map { try model.perplexity(of: job.tokenizer.encode($0), tokenizer: job.tokenizer).perplexity }
    vocabularySize = job.tokenizer.vocabulary.count
    parameterCount = model.parameterCount
  }

  /// Writes the figures to standard output.
  func write(json: Bool) throws {
    guard !json else { return try StandardOutput.writeJSON(self) }
    let validation = validation.map { ", validation perplexity \($0.asPerplexity)" } ?? ""
    let test = test.map { ", test perplexity \($0.asPerplexity)" } ?? ""
    try StandardOutput.write("\(model): the model of epoch \(bestEpoch) of \(epochs)\(validation)\(test)\n")
  }
}
