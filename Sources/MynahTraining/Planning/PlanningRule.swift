import Foundation
import MynahModels
import MynahTensors
public import MynahText

/// The rule that chooses the size of a model and its settings for a text and a time.
///
/// A larger model learns more from a token but reads fewer of them in the same time. The best size follows from the
/// number of tokens that are learned for each weight in the products of a step, which differs little between times: it
/// was measured for words and for characters by training models of several sizes for the same time.
public struct PlanningRule: Hashable, Sendable {
  /// The tokens to learn for each weight in the products of a step.
  public let tokensPerWeight: Double
  /// The largest number of passes over the text from which a model still gains.
  public let largestEpochs: Double
  /// The sizes of the two recurrent layers that the rule chooses from, ascending.
  public let sizes: [Int]
  private let tokenizer: AnyTokenizer
  private let tokenCount: Int

  /// Creates the rule for a text.
  ///
  /// - Parameters:
  ///   - tokenCount: The number of training tokens.
  ///   - tokenizer: The tokenizer of the text.
  public init(tokenCount: Int, tokenizer: AnyTokenizer) {
    (self.tokenCount, self.tokenizer) = (tokenCount, tokenizer)
    (tokensPerWeight, largestEpochs) = tokenizer.hasWords ? (1, 40) : (8, 40)
    // A short text cannot fill a large model: its units grow with the square root of the text.
    let largest = max(96, Int((tokenizer.hasWords ? 1.2 : 0.6) * Double(tokenCount).squareRoot()))
    sizes = Self.allSizes.filter { $0 <= largest }
  }

  private static let allSizes = [
    64, 96, 128, 160, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 800, 900, 1000, 1150, 1300, 1500,
  ]

  /// The batches of the rule's runs.
  private var batches: BatchLayout {
    let sequenceLength = max(1, min(tokenizer.hasWords ? 35 : 64, tokenCount - 1))
    let batchSize = max(1, min(20, tokenCount / (50 * sequenceLength)))
    return .contiguous(batchSize: batchSize, sequenceLength: sequenceLength)
  }

  /// Returns the model and the settings of a run that reads the text some times.
  ///
  /// - Parameters:
  ///   - size: The size of the layers.
  ///   - epochs: The passes over the text, of which the last may be a part of one.
  public func settings(size: Int, epochs: Double) -> TrainingDefaults {
    let hasWords = tokenizer.hasWords
    let layer = LayerConfiguration(.lstm, size, settings: ["forgetBias": 1])
    let model = LanguageModelConfiguration(
      vocabulary: tokenizer.vocabulary.count, embedding: hasWords ? size : min(size, 64), layers: [layer, layer],
      output: .softmax(tied: hasWords), dropout: .outputs(dropout(epochs: epochs)))
    let training = TrainingConfiguration(
      optimizer: .adam, learningRate: .oneCycle(highest: 0.004, over: .run), clipNorm: 5,
      epochs: max(1, Int(epochs.rounded(.up))),
      stepCount: max(1, Int(epochs * Double(tokenCount) / Double(batches.batchSize * batches.sequenceLength))),
      batches: batches, seed: 1, precision: .bfloat16)
    return TrainingDefaults(model: model, training: training)
  }

  /// The rate of dropout of a run: the more often a text is read, the more of it a model would learn by heart.
  private func dropout(epochs: Double) -> Float {
    let rate = 0.13 * log2(max(epochs, 1)) - (tokenizer.hasWords ? 0.1 : 0.2)
    return Float((min(max(rate, 0), 0.6) * 20).rounded() / 20)
  }
}
