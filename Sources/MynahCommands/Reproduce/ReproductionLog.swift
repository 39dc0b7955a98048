import MynahModels
import MynahTraining

/// The log of a reproduction: the reference document's own lines on standard error, figures on standard output.
struct ReproductionLog {
  private let tokensPerStep: Int
  private let json: Bool
  private let recorder: ProfileRecorder?
  private let start = ContinuousClock.now
  private var epochStart = ContinuousClock.now
  private var epochSteps = 0

  init(tokensPerStep: Int, json: Bool, recorder: ProfileRecorder?) {
    self.tokensPerStep = tokensPerStep
    (self.json, self.recorder) = (json, recorder)
  }

  /// Ten lines an epoch: `Itr 10 of 774, perplexity: 4121.075 speed: 257 wps`.
  mutating func write(_ step: StepReport) {
    epochSteps += 1
    guard step.step % max(step.stepCount / 10, 1) == min(10, step.stepCount - 1) else { return }
    StandardError.write(
      "Itr \(step.step) of \(step.stepCount), perplexity: \(step.epochLoss.perplexity.formatted(3)) "
        + "speed: \(Int(tokensPerSecond)) wps\n")
  }

  /// The figures of an epoch with the reference's.
  mutating func write(_ epoch: EpochReport) throws {
    let reference = PennTreebankRecipe.reference[epoch.epoch - 1]
    let validation = epoch.validation?.perplexity ?? .nan
    StandardError.write(
      "Epoch: \(epoch.epoch) Train Perplexity: \(epoch.train.perplexity.formatted(3)) (reference \(reference.train))\n"
        + "Epoch: \(epoch.epoch) Valid Perplexity: \(validation.formatted(3)) (reference \(reference.validation))\n")
    let profile = recorder?.take()
    if let profile { StandardError.write(profile.inWords + "\n") }
    if json {
      try StandardOutput.writeJSON(
        EpochFigures(
          epoch: epoch.epoch, learningRate: epoch.learningRate, train: epoch.train.perplexity, validation: validation,
          referenceTrain: reference.train, referenceValidation: reference.validation, tokensPerSecond: tokensPerSecond,
          profile: profile))
    }
    (epochStart, epochSteps) = (.now, 0)
  }

  /// The test perplexity, beside the reference's after all epochs, and the table of the epochs.
  func conclude(_ history: [EpochReport], test: Double) throws {
    let isWhole = history.count == PennTreebankRecipe.reference.count
    let reference = isWhole ? PennTreebankRecipe.referenceTest : nil
    if json { return try StandardOutput.writeJSON(TestFigures(test: test, referenceTest: reference)) }
    var lines = ["epoch  rate         train  (PyTorch)       validation  (PyTorch)"]
    for (epoch, reference) in zip(history, PennTreebankRecipe.reference) {
      let columns = [
        "\(epoch.epoch)".leftPadded(5), "\(epoch.learningRate)".padding(12),
        figure(epoch.train.perplexity, reference.train),
        figure(epoch.validation?.perplexity ?? .nan, reference.validation),
      ]
      lines.append(columns.joined(separator: "  "))
    }
    let beside = reference.map { " (PyTorch: \($0))" } ?? ""
    lines.append("test perplexity: \(test.formatted(2))\(beside)")
    try StandardOutput.write(lines.joined(separator: "\n") + "\n")
  }

  /// Training tokens a second in this epoch, the log's own time not counted out.
  private var tokensPerSecond: Double {
    Double(epochSteps * tokensPerStep) / max((ContinuousClock.now - epochStart).seconds, 1e-9)
  }

  private func figure(_ ours: Double, _ reference: Double) -> String {
    let difference = 100 * (ours / reference - 1)
    let sign = difference < 0 ? "" : "+"
    let beside = "(\(reference.formatted(2)), \(sign)\(difference.formatted(1)) %)"
    return "\(ours.formatted(2).leftPadded(7)) \(beside)".padding(28)
  }

  private struct TestFigures: Encodable {
    let test: Double
    let referenceTest: Double?
  }

  private struct EpochFigures: Encodable {
    let epoch: Int
    let learningRate: Float
    let train, validation, referenceTrain, referenceValidation, tokensPerSecond: Double
    let profile: ProfileFigures?
  }
}
