import MynahDatasets
import MynahModels
import MynahText

// S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language models", 2018, with the settings of the
// authors' program, without its second run (fine-tuning) and without a cache.
//
// Differences from that program: an LSTM of Mynah has one bias instead of two (PyTorch trains both with the same
// gradients, so that their sum moves twice as far); an epoch has the expected number of batches instead of a random
// number; and a step of averaged gradient descent uses the learning rate for its own length, whereas PyTorch's ASGD
// uses the learning rate of the previous step.

extension Recipe {
  /// The Penn Treebank: three LSTMs of 1,150, 1,150 and 400 units with tied weights, 500 epochs.
  ///
  /// The authors' program has a test perplexity of 58.8 before fine-tuning, and a validation perplexity of 61.2.
  public static let awdLSTM = Recipe(
    name: "awd-lstm",
    summary:
      "AWD-LSTM on the Penn Treebank: three LSTMs, 24 million parameters, averaged gradient descent, 500 epochs; "
      + "test perplexity 58.8 in the authors' program",
    dataSet: "ptb", data: pennTreebankData, trainingIDsSHA256: pennTreebankSHA256,
    model: {
      awdModel(vocabularySize: $0, embedding: 400, hidden: 1150, dropout: awdDropout(input: 0.4, hidden: 0.25))
    },
    training: awdTraining(batchSize: 20, epochs: 500),
    kept: .best, validationBatches: awdEvaluation(batchSize: 10), testBatches: awdEvaluation(batchSize: 1),
    goals: [.test(atMost: 60)])

  /// WikiText-2: the same model with other dropout, batches of 80 rows, 750 epochs.
  ///
  /// The authors' program has a test perplexity of 65.6 before fine-tuning, and a validation perplexity of 68.7.
  public static let awdLSTMWikiText2 = Recipe(
    name: "awd-lstm-wikitext-2",
    summary: "AWD-LSTM on WikiText-2: three LSTMs, 33 million parameters, averaged gradient descent, 750 epochs; "
      + "test perplexity 65.6 in the authors' program",
    dataSet: "wikitext-2", data: pennTreebankData, trainingIDsSHA256: wikiText2SHA256,
    model: {
      awdModel(vocabularySize: $0, embedding: 400, hidden: 1150, dropout: awdDropout(input: 0.65, hidden: 0.2))
    },
    training: awdTraining(batchSize: 80, epochs: 750),
    kept: .best, validationBatches: awdEvaluation(batchSize: 10), testBatches: awdEvaluation(batchSize: 1),
    goals: [.test(atMost: 67)])

  /// The Penn Treebank with quasi-recurrent layers: three of 1,550 units and one of 400, the first of window 2, with tied
  /// weights, 550 epochs.
  ///
  /// S. Merity, N. Keskar, R. Socher, "An analysis of neural language modeling at multiple scales", 2018, with the
  /// settings of the authors' program, which has a test perplexity of 58.3 and a validation perplexity of 60.6.
  public static let awdQRNN = Recipe(
    name: "awd-qrnn",
    summary:
      "AWD-QRNN on the Penn Treebank: four quasi-recurrent layers, 24 million parameters, averaged gradient descent, "
      + "550 epochs; test perplexity 58.3 in the authors' program",
    dataSet: "ptb", data: pennTreebankData, trainingIDsSHA256: pennTreebankSHA256,
    model: { vocabularySize in
      let layers = [(1550, 2), (1550, 1), (1550, 1), (400, 1)].map { size, window in
        LayerConfiguration(.qrnn, size, settings: ["window": Double(window)])
      }
      return awdModel(
        vocabularySize: vocabularySize, embedding: 400, layers: layers,
        dropout: awdDropout(input: 0.4, hidden: 0.3, weights: 0.1))
    },
    training: awdTraining(batchSize: 20, epochs: 550, clip: 0.2),
    kept: .best, validationBatches: awdEvaluation(batchSize: 10), testBatches: awdEvaluation(batchSize: 1),
    goals: [.test(atMost: 60)])

  /// The Penn Treebank with a mixture of fifteen softmaxes: three LSTMs of 960, 960 and 620 units, tied embeddings of 280,
  /// 1,000 epochs in batches of 12 rows.
  ///
  /// Z. Yang, Z. Dai, R. Salakhutdinov, W. Cohen, "Breaking the softmax bottleneck: a high-rank RNN language model",
  /// 2018, with the settings of the authors' program and without its second run. The program has a test perplexity of
  /// 55.97 and a validation perplexity of 58.08. A token takes 2.5 times as many multiplications as in the AWD-LSTM.
  public static let awdMixture = Recipe(
    name: "awd-lstm-mixture",
    summary:
      "AWD-LSTM with a mixture of fifteen softmaxes on the Penn Treebank: 22 million parameters, averaged gradient "
      + "descent, 1,000 epochs; test perplexity 55.97 in the authors' program",
    dataSet: "ptb", data: pennTreebankData, trainingIDsSHA256: pennTreebankSHA256,
    model: { vocabularySize in
      var dropout = awdDropout(input: 0.4, hidden: 0.225)
      dropout.latent = 0.29
      return awdModel(
        vocabularySize: vocabularySize, embedding: 280, layers: [.lstm(960), .lstm(960), .lstm(620)],
        output: .mixtureOfSoftmaxes(15, tied: true), dropout: dropout)
    },
    training: awdTraining(batchSize: 12, epochs: 1000, learningRate: 20),
    kept: .best, validationBatches: awdEvaluation(batchSize: 10), testBatches: awdEvaluation(batchSize: 1),
    goals: [.test(atMost: 58)])

  /// A million characters of Shakespeare with the settings of the character model of the Penn Treebank: three LSTMs of
  /// 1,000, 1,000 and 200 units, Adam, 50 epochs.
  ///
  /// The settings are those of S. Merity, N. Keskar, R. Socher, "An analysis of neural language modeling at multiple
  /// scales", 2018, with a tenth of the epochs: the learning rate is divided by 10 after 30 and after 40 of them. There
  /// are no published results on this text; the goal is a loss of 1.5 nats per character.
  public static let awdLSTMCharacters = Recipe(
    name: "awd-lstm-characters",
    summary:
      "the AWD-LSTM of characters on a million characters of Shakespeare, not on its own text: three LSTMs, Adam, "
      + "50 epochs",
    dataSet: "tinyshakespeare", data: shakespeareData, trainingIDsSHA256: shakespeareSHA256,
    model: { vocabularySize in
      awdModel(
        vocabularySize: vocabularySize, embedding: 200, hidden: 1000,
        dropout: DropoutRates(input: 0.1, hidden: 0.25, output: 0.1, weights: 0.5, isVariational: true))
    },
    training: TrainingConfiguration(
      optimizer: .adam,
      learningRate: LearningRateSchedule(
        initial: 0.002, factors: [.step(by: 0.1, every: 30), .step(by: 0.1, every: 40)]),
      clipNorm: 0.25, epochs: 50, batches: .contiguous(batchSize: 128, sequenceLength: 150, lengths: .random),
      // PyTorch's Adam adds a weight decay of 1.2e-6 to the gradients, as the penalty λ Σ w² does with half of it.
      reduction: .meanPerTarget, penalties: Penalties(weights: 0.6e-6)),
    kept: .best,
    validationBatches: .contiguous(batchSize: 10, sequenceLength: 150, remainder: .keep),
    testBatches: .contiguous(batchSize: 1, sequenceLength: 150, remainder: .keep), goals: [.test(atMost: 4.48)])

  /// Three LSTMs with tied weights.
  private static func awdModel(
    vocabularySize: Int, embedding: Int, hidden: Int, dropout: DropoutRates
  ) -> LanguageModelConfiguration {
    awdModel(
      vocabularySize: vocabularySize, embedding: embedding, layers: [.lstm(hidden), .lstm(hidden), .lstm(embedding)],
      dropout: dropout)
  }

  /// Layers with tied weights, initialised as in the authors' program.
  private static func awdModel(
    vocabularySize: Int, embedding: Int, layers: [LayerConfiguration],
    output: OutputConfiguration = .softmax(tied: true), dropout: DropoutRates
  ) -> LanguageModelConfiguration {
    var model = LanguageModelConfiguration(
      vocabulary: vocabularySize, embedding: embedding, layers: layers,
      output: output, dropout: dropout, initializer: .pyTorch)
    model.embeddingInitializer = .uniform(0.1)
    model.recurrentBiasInitializer = .pyTorch
    return model
  }

  private static func awdDropout(input: Float, hidden: Float, weights: Float = 0.5) -> DropoutRates {
    DropoutRates(embedding: 0.1, input: input, hidden: hidden, output: 0.4, weights: weights, isVariational: true)
  }

  private static func awdTraining(
    batchSize: Int, epochs: Int, learningRate: Float = 30, clip: Float = 0.25
  ) -> TrainingConfiguration {
    TrainingConfiguration(
      optimizer: OptimizerConfiguration(AveragedSGD(averaging: .afterPatience(5), weightDecay: 1.2e-6)),
      learningRate: .constant(learningRate),
      clipNorm: clip, epochs: epochs,
      batches: .contiguous(batchSize: batchSize, sequenceLength: 70, lengths: .random), reduction: .meanPerTarget,
      penalties: Penalties(activation: 2, temporal: 1))
  }

  private static func awdEvaluation(batchSize: Int) -> BatchLayout {
    .contiguous(batchSize: batchSize, sequenceLength: 70, remainder: .keep)
  }
}
