import Foundation
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// Fine-tunes a recurrent classifier on labelled texts, keeping the weights with the lowest validation loss in the
/// second half of the run.
struct FineTuning {
  let learned, validation: [(ids: [Int32], label: Int)]
  let seed: UInt64

  /// The share of the steps in which the learning rate rises.
  private static let risingShare: Float = 0.1
  private static let clip = GradientClip(norm: 1)

  func train(_ classifier: inout RecurrentClassifier, _ run: ClassifierRun) throws {
    let settings = run.settings
    let batches = TextBatches(lengths: learned.map(\.ids.count), size: settings.batchSize, seed: seed)
    let stepCount = settings.epochs * batches.count
    var optimizer = Optimizer(.adam)
    var best: (loss: Double, model: RecurrentClassifier)?
    for epoch in 1...settings.epochs {
      var (sum, count) = (0.0, 0)
      for (step, batch) in batches.batches.pass(epoch - 1).enumerated() {
        guard !run.shouldStop() else { throw ClassificationError.interrupted }
        let texts = batch.map { learned[$0] }
        let done = (epoch - 1) * batches.count + step
        let random = RandomSource(seed: seed, stream: UInt64(epoch) << 32 | UInt64(step))
        let rate = settings.learningRate * Self.share(Float(done + 1) / Float(stepCount + 1))
        let result = optimizer.step(&classifier, rate: rate, clip: Self.clip) { model in
          Self.loss(of: model, texts, dropout: settings.dropout(random))
        }
        guard result.norm.isFinite, result.kept.isFinite else {
          throw ClassificationError.diverged(epoch: epoch, learningRate: rate)
        }
        sum += result.kept
        count += texts.count
      }
      let validationLoss = Self.meanLoss(of: classifier, validation)
      // While the learning rate is still high, a low loss is accidental.
      if 2 * epoch > settings.epochs, validationLoss < best?.loss ?? .infinity { best = (validationLoss, classifier) }
      try run.report(
        ClassifierEvent(
          member: run.member, memberCount: run.memberCount, stage: "classifier", epoch: epoch,
          epochCount: settings.epochs, trainingLoss: sum / Double(count), validationLoss: validationLoss,
          isOfTokens: false))
    }
    if let best { classifier = best.model }
  }

  /// Returns the factor of the slanted triangular learning rate, which rises to 1 in the first tenth of the run and
  /// then falls to 0.
  ///
  /// J. Howard, S. Ruder, 2018.
  static func share(_ place: Float) -> Float {
    place < risingShare ? place / risingShare : (1 - place) / (1 - risingShare)
  }

  /// Returns the mean cross-entropy, for differentiation, and the sum.
  private static func loss(
    of model: RecurrentClassifier, _ texts: [(ids: [Int32], label: Int)], dropout: ClassifierDropout?
  ) -> (value: Variable, kept: Double) {
    let logProbabilities = model(texts.map(\.ids), dropout: dropout).logSoftmax()
    let places = texts.enumerated().flatMap { [Int32($0), Int32($1.label)] }
    let own = logProbabilities.gathered(coordinates: places, shape: [texts.count, 2])
    let sum = -own.sum()
    return (sum * (1 / Float(texts.count)), Double(sum.value.scalar))
  }

  /// Returns the mean loss of texts, without dropout.
  static func meanLoss(of model: RecurrentClassifier, _ texts: [(ids: [Int32], label: Int)]) -> Double {
    let order = texts.indices.sorted { (texts[$0].ids.count, $0) < (texts[$1].ids.count, $1) }
    let sum = stride(from: 0, to: order.count, by: 64).reduce(0.0) { sum, first in
      sum + loss(of: model, order[first..<min(first + 64, order.count)].map { texts[$0] }, dropout: nil).kept
    }
    return sum / Double(texts.count)
  }
}

extension ClassifierSettings {
  fileprivate func dropout(_ random: RandomSource) -> ClassifierDropout {
    ClassifierDropout(
      reader: DropoutRates(
        embedding: tokenDropout, input: dropout, hidden: dropout, output: dropout, isVariational: true),
      pooled: dropout, random: random)
  }
}
