import MynahIO
import MynahModels
import MynahTraining

/// The log of a reproduction: lines as in TensorFlow's tutorial on standard error, figures on standard output.
struct ReproductionLog {
  private let recipe: Recipe
  private let json: Bool
  private let recorder: ProfileRecorder?
  private var epochStart = ContinuousClock.now
  /// The tokens of this epoch that were predicted since `epochStart`.
  private var tokenCount = 0

  init(_ recipe: Recipe, json: Bool, recorder: ProfileRecorder?) {
    (self.recipe, self.json, self.recorder) = (recipe, json, recorder)
  }

  /// Prints ten lines per epoch: `Itr 10 of 774, perplexity: 4121.075 speed: 257 wps`.
  mutating func write(_ step: StepReport) {
    tokenCount += step.stepLoss.targetCount
    guard step.step % max(step.stepCount / 10, 1) == min(10, step.stepCount - 1) else { return }
    StandardError.inform(
      "Itr \(step.step) of \(step.stepCount), perplexity: \(step.epochLoss.perplexity.formatted(3)) "
        + "speed: \(Int(tokensPerSecond)) wps\n")
  }

  /// Prints the figures of an epoch with the reference's.
  mutating func write(_ epoch: EpochReport) throws {
    let reference = reference(of: epoch.epoch)
    for (part, perplexity, expected) in [
      ("Train", epoch.train.perplexity, reference?.train),
      ("Valid", epoch.validation?.perplexity, reference?.validation),
    ] {
      guard let perplexity else { continue }
      let comparison = expected.map { " (reference \($0))" } ?? ""
      StandardError.inform("Epoch: \(epoch.epoch) \(part) Perplexity: \(perplexity.formatted(3))\(comparison)\n")
    }
    let profile = recorder?.take()
    if let profile { StandardError.write(profile.inWords + "\n") }
    if json {
      try StandardOutput.writeJSON(
        EpochFigures(
          recipe: recipe.name, epoch: epoch.epoch, learningRate: epoch.learningRate, train: epoch.train.perplexity,
          validation: epoch.validation?.perplexity, metrics: epoch.metrics, referenceTrain: reference?.train,
          referenceValidation: reference?.validation, tokensPerSecond: tokensPerSecond, profile: profile))
    }
    (epochStart, tokenCount) = (.now, 0)
  }

  /// Prints the table of the epochs, the test perplexity with the reference's, and the verdict.
  func conclude(_ history: [EpochReport], test: Double?) throws {
    let verdict = recipe.verdict(on: history, test: test)
    let isWhole = history.count >= recipe.training.epochs
    let reference = isWhole ? recipe.reference?.test : nil
    if json {
      return try StandardOutput.writeJSON(
        TestFigures(
          recipe: recipe.name, test: test, referenceTest: reference, reference: recipe.reference?.source,
          verdict: verdict.kind, misses: verdict.misses))
    }
    var lines = [row("epoch", "rate", "train", "validation", [])]
    for epoch in history {
      let reference = self.reference(of: epoch.epoch)
      let metrics = (epoch.metrics ?? [:]).sorted { $0.key < $1.key }
      lines.append(
        row(
          "\(epoch.epoch)", "\(epoch.learningRate)", figure(epoch.train.perplexity, reference?.train),
          epoch.validation.map { figure($0.perplexity, reference?.validation) } ?? "",
          metrics.map { "\($0.key) \($0.value.formatted(4))" }))
    }
    if let source = recipe.reference?.source {
      lines.append("in parentheses: \(source)'s, and how far ours are from them")
    }
    if let test {
      lines.append(
        "test perplexity: \(test.formatted(2))"
          + (reference.map { " (\(recipe.reference?.source ?? ""): \($0))" } ?? ""))
    }
    lines.append("\(recipe.name): \(verdict)")
    try StandardOutput.write(lines.joined(separator: "\n") + "\n")
  }

  private func reference(of epoch: Int) -> RecipeReference.Epoch? {
    guard let epochs = recipe.reference?.epochs, epochs.indices.contains(epoch - 1) else { return nil }
    return epochs[epoch - 1]
  }

  /// The number of targets per second in this epoch, including the time for logging.
  private var tokensPerSecond: Double {
    Double(tokenCount) / max((ContinuousClock.now - epochStart).seconds, 1e-9)
  }

  private func row(_ epoch: String, _ rate: String, _ train: String, _ validation: String, _ rest: [String]) -> String {
    let columns = [epoch.leftPadded(5), rate.padding(12), train.padding(26), validation.padding(26)] + rest
    return String(columns.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
  }

  private func figure(_ ours: Double, _ reference: Double?) -> String {
    guard let reference else { return ours.formatted(2).leftPadded(7) }
    let difference = 100 * (ours / reference - 1)
    let sign = difference < 0 ? "" : "+"
    return "\(ours.formatted(2).leftPadded(7)) (\(reference.formatted(2)), \(sign)\(difference.formatted(1)) %)"
  }

  private struct TestFigures: Encodable {
    let recipe: String
    let test, referenceTest: Double?
    let reference: String?
    let verdict: RecipeVerdict.Kind
    let misses: [String]
  }

  private struct EpochFigures: Encodable {
    let recipe: String
    let epoch: Int
    let learningRate: Float
    let train: Double
    let validation: Double?
    let metrics: [String: Double]?
    let referenceTrain, referenceValidation: Double?
    let tokensPerSecond: Double
    let profile: ProfileFigures?
  }
}
