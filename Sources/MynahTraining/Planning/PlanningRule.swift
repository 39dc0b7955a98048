import Foundation
import MynahModels
import MynahTensors
public import MynahText

/// The rule that chooses the size of a model and its settings for a text and a training time.
///
/// A larger model learns more from each token but processes fewer tokens in the same time. The best size follows from
/// the number of training tokens per weight in the matrix products of a step. This number and the other constants were
/// measured by training models of several sizes for the same time; `docs/planning.md` contains the measurements.
public struct PlanningRule: Hashable, Sendable {
  /// The number of tokens to train on for each weight in the matrix products of a step.
  public let tokensPerWeight: Double
  /// The number of passes over the text after which a model no longer improves.
  public let largestEpochs: Double
  /// The sizes of the recurrent layers that the rule chooses from, ascending.
  public let sizes: [Int]
  /// A Boolean value indicating whether the layers project their outputs to a smaller size, so that the output layer
  /// needs fewer weights.
  public let isProjected: Bool
  private let tokenizer: AnyTokenizer
  private let tokenCount: Int

  /// Creates the rule for a text.
  ///
  /// - Parameters:
  ///   - tokenCount: The number of training tokens.
  ///   - tokenizer: The tokenizer of the text.
  ///   - choosesLayers: A Boolean value indicating whether the rule chooses the kind of the layers; if false, they are
  ///     LSTMs that the caller changes.
  public init(tokenCount: Int, tokenizer: AnyTokenizer, choosesLayers: Bool = true) {
    (self.tokenCount, self.tokenizer) = (tokenCount, tokenizer)
    isProjected = choosesLayers && tokenizer.hasWords && tokenizer.vocabulary.count >= Self.largeVocabulary
    tokensPerWeight = tokenizer.hasWords ? 1 : 8
    // 20 epochs up to 50,000 tokens, 48 for the million tokens of the Penn Treebank, and at least 300 updates.
    let stepsPerEpoch = Self.batches(tokenCount, tokenizer).stepsPerEpoch(tokenCount)
    largestEpochs = max(min(max(20 * pow(Double(tokenCount) / 50_000, 0.3), 20), 60), 300 / stepsPerEpoch)
    // A short text is not enough for a large model.
    let largest = max(160, Int(2 * Double(tokenCount).squareRoot()))
    sizes = Self.allSizes.filter { $0 <= largest }
  }

  static let allSizes = [
    64, 96, 128, 160, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 800, 900, 1000, 1150, 1300, 1500,
  ]

  /// The smallest vocabulary for which layers project their outputs; one of 512 did not benefit (docs/planning.md).
  private static let largeVocabulary = 4000

  /// Returns the batches of the rule's runs: an epoch has at least about fifty updates.
  private static func batches(_ tokenCount: Int, _ tokenizer: AnyTokenizer) -> BatchLayout {
    let sequenceLength = max(1, min(tokenizer.hasWords ? 35 : 64, tokenCount - 1))
    let batchSize = max(1, min(20, tokenCount / (50 * sequenceLength)))
    return .contiguous(batchSize: batchSize, sequenceLength: sequenceLength)
  }

  /// The number of passes over a text after which one layer memorises it.
  public static let epochsOfOneLayer = 14.0

  /// Returns the number of layers for a run: two if a text of words is read so often that one layer memorises it and
  /// there are enough updates for two layers.
  ///
  /// - Parameter epochs: The number of passes over the text in a run with one layer.
  public func layerCount(epochs: Double) -> Int {
    let updates = epochs * Self.batches(tokenCount, tokenizer).stepsPerEpoch(tokenCount)
    return tokenizer.hasWords && !isProjected && epochs > Self.epochsOfOneLayer && updates > 6000 ? 2 : 1
  }

  /// Returns the model and the settings of a run with a number of passes over the text.
  ///
  /// - Parameters:
  ///   - size: The size of the layers.
  ///   - layerCount: The number of layers.
  ///   - epochs: The number of passes over the text; the last one may be partial.
  public func settings(size: Int, layerCount: Int = 1, epochs: Double) -> TrainingDefaults {
    settings(size: size, layerCount: layerCount, epochs: epochs, variation: PlanVariation())
  }

  /// Returns the model and the settings of a run, with a variation of the dropout rates and the learning rate.
  func settings(size: Int, layerCount: Int, epochs: Double, variation: PlanVariation) -> TrainingDefaults {
    let (hasWords, batches) = (tokenizer.hasWords, Self.batches(tokenCount, tokenizer))
    var layer = LayerConfiguration(.lstm, size, settings: ["forgetBias": 1])
    var embeddingSize = hasWords ? size : min(size, 64)
    if isProjected {
      // A multiple of eight, which fills SIMD vectors.
      embeddingSize = Int((0.36 * Double(size) / 8).rounded()) * 8
      layer = .projectedLSTM(size, to: embeddingSize, forgetBias: 1)
    }
    var rates = dropout(layerCount: layerCount, epochs: epochs)
    if variation.addedDropout != 0 {
      rates.output = Self.rate(Double(rates.output + variation.addedDropout), atMost: 0.8)
    }
    if !variation.hasInputDropout { rates.input = 0 }
    let model = LanguageModelConfiguration(
      vocabulary: tokenizer.vocabulary.count, embedding: embeddingSize,
      layers: Array(repeating: layer, count: layerCount),
      output: .softmax(tied: hasWords), dropout: rates,
      initializer: .uniform(initialBound(size: size)))
    let rate = learningRate(size: size, factor: variation.rateFactor)
    let training = TrainingConfiguration(
      optimizer: isProjected ? OptimizerConfiguration(Adam(beta1: 0, weightDecay: weightDecay(rate: rate))) : .adam,
      learningRate: .oneCycle(highest: rate, over: .run),
      clipNorm: isProjected ? 1 : 5,
      epochs: max(1, Int(epochs.rounded(.up))),
      stepCount: max(1, Int(epochs * batches.stepsPerEpoch(tokenCount))),
      batches: batches, seed: 1, precision: .bfloat16)
    return TrainingDefaults(model: model, training: training)
  }

  /// Returns the dropout rates of a run; they increase with the passes, in which a model memorises more of the text.
  private func dropout(layerCount: Int, epochs: Double) -> DropoutRates {
    let doublings = log2(max(epochs, 1))
    guard layerCount == 1 else {
      // The same rate everywhere, as in W. Zaremba et al. 2014.
      let same = Self.rate(0.11 * doublings, atMost: 0.55)
      return DropoutRates(input: same, hidden: same, output: same)
    }
    // Dropout of the embeddings costs more than it gains in runs of fewer than about seven epochs.
    let (output, input) = (0.17 * doublings, 1.5 * (0.17 * doublings - 0.4))
    if isProjected {
      return DropoutRates(
        input: Self.rate(input, atMost: 0.5), output: Self.rate(output, atMost: 0.5),
        weights: Self.rate(0.15 * (doublings - 1.25), atMost: 0.6))
    }
    return DropoutRates(
      input: tokenizer.hasWords ? Self.rate(input, atMost: 0.3) : 0, output: Self.rate(output, atMost: 0.6))
  }

  /// Returns a dropout rate, rounded to a multiple of 0.05.
  private static func rate(_ value: Double, atMost highest: Double) -> Float {
    Float((min(max(value, 0), highest) * 20).rounded() / 20)
  }

  /// Returns the bound of the initial weights: 0.1, and less for more than 676 units, so that the initial sums over the
  /// units do not become larger (docs/planning.md).
  private func initialBound(size: Int) -> Float {
    Float((min(0.1, 2.6 / Double(size).squareRoot()) * 1000).rounded() / 1000)
  }

  /// Returns the highest learning rate: 0.01 for 128 units, less for larger layers.
  ///
  /// - Parameter factor: The factor of a variation.
  private func learningRate(size: Int, factor: Float) -> Float {
    let rate = min(0.01 * pow(128 / Double(size), 0.6), 0.01) * Double(factor)
    return Float((rate * 10_000).rounded() / 10_000)
  }

  /// Returns the weight decay that shrinks the weights by the same share in each pass over a text of any length, since
  /// its best value is inversely proportional to the updates of a pass and to their rate.
  ///
  /// X. Wang, L. Aitchison, "How to set AdamW's weight decay as you scale model and dataset size", 2024.
  ///
  /// - Parameter rate: The highest learning rate of a cycle, whose mean is half of that.
  private func weightDecay(rate: Float) -> Float {
    let stepsPerEpoch = Self.batches(tokenCount, tokenizer).stepsPerEpoch(tokenCount)
    let decay = Self.decayPerEpoch / (0.5 * Double(rate) * stepsPerEpoch)
    // Three significant digits: the longer the text, the smaller the decay.
    let unit = pow(10, log10(decay).rounded(.down) - 2)
    return Float((decay / unit).rounded() * unit)
  }

  /// The share by which the decay shrinks a weight in a pass over the text (docs/planning.md).
  private static let decayPerEpoch = 0.05
}

extension BatchLayout {
  /// Returns the approximate number of steps of a pass over a text in contiguous rows.
  fileprivate func stepsPerEpoch(_ tokenCount: Int) -> Double {
    max(Double(tokenCount) / Double(batchSize * sequenceLength), 1)
  }
}
