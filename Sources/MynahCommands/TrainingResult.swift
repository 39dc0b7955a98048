import MynahIO
import MynahInference
import MynahModels
import MynahText
import MynahTraining

/// The figures of a finished run.
struct TrainingResult: Encodable {
  /// The model's file; nil if it was not written.
  let model: String?
  let epochs: Int
  /// The epoch of the model; 0 if it is untrained.
  let bestEpoch: Int
  let train: Double?
  let validation: Double?
  let test: Double?
  let vocabularySize: Int
  let parameterCount: Int

  /// Gathers the figures.
  ///
  /// - Parameters:
  ///   - model: The model that was kept.
  ///   - path: Its path; nil if it was not written.
  ///   - history: The reports of all epochs; empty for an untrained model.
  ///   - test: The perplexity of the test text, if there is one.
  init(_ model: LanguageModel, at path: String?, history: [EpochReport], test: Double?) {
    let validated = history.filter { $0.validation != nil }
    let lowest = validated.min { ($0.validation?.mean ?? 0) < ($1.validation?.mean ?? 0) }
    let best = lowest ?? history.last
    self.model = path
    epochs = history.count
    (bestEpoch, train, validation) = (best?.epoch ?? 0, best?.train.perplexity, best?.validation?.perplexity)
    self.test = test
    vocabularySize = model.configuration.vocabularySize
    parameterCount = model.parameterCount
  }

  /// Writes the figures to standard output.
  func write(json: Bool) throws {
    guard !json else { return try StandardOutput.writeJSON(self) }
    let validation = validation.map { ", validation perplexity \($0.asPerplexity)" } ?? ""
    let test = test.map { ", test perplexity \($0.asPerplexity)" } ?? ""
    let kept = epochs == 0 ? "the untrained model" : "the model of epoch \(bestEpoch) of \(epochs)"
    try StandardOutput.write("\(model ?? ""): \(kept)\(validation)\(test)\n")
  }
}
