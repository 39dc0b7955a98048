import Foundation
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// The Penn Treebank recipe with its data and its untrained model.
struct PennTreebankReproduction {
  let treebank: PennTreebank
  let configuration: TrainingConfiguration
  let untrained: LanguageModel

  /// Reads the data and draws the weights.
  ///
  /// - Throws: `TextError`.
  init(data: String, seed: UInt64, epochs: Int?, precision: Precision) throws {
    treebank = try PennTreebank(at: data)
    var configuration = PennTreebankRecipe.training
    configuration.epochs = epochs ?? configuration.epochs
    configuration.seed = seed
    configuration.precision = precision
    self.configuration = configuration
    var random = RandomSource(seed: seed)
    untrained = LanguageModel(PennTreebankRecipe.model(vocabularySize: treebank.vocabulary.count), using: &random)
  }

  private func batches(_ ids: [Int32]) throws -> ContiguousBatches {
    try ContiguousBatches(ids, batchSize: configuration.batches.size, stepCount: configuration.batches.steps)
  }
}

// MARK: The dry run

extension PennTreebankReproduction {
  /// The figures of the data and of the untrained model, under the names that scripts rely on.
  struct Description: Encodable {
    let vocabularySize, trainingTokenCount, batchesPerEpoch, parameterCount: Int
    let trainingIDsSHA256: String
    let firstInputIDs: [Int32]
    let untrainedLoss: Double
  }

  var description: Description {
    get throws {
      let batches = try batches(treebank.train)
      let first = batches[0]
      let loss = untrained.loss(
        inputs: first.inputs, targets: first.targets, state: untrained.initialState(batchSize: first.batchSize))
      return Description(
        vocabularySize: treebank.vocabulary.count,
        trainingTokenCount: treebank.train.count,
        batchesPerEpoch: batches.count,
        parameterCount: untrained.parameterCount,
        trainingIDsSHA256: SHA256.hexadecimal(of: treebank.train),
        firstInputIDs: Array(treebank.train.prefix(30)),
        untrainedLoss: loss.loss.mean)
    }
  }

  func describe(json: Bool) throws {
    let figures = try description
    if json { return try StandardOutput.writeJSON(figures) }
    try StandardOutput.write(
      """
      \(figures.trainingTokenCount.grouped) training tokens, sha256 \(figures.trainingIDsSHA256)
      \(figures.vocabularySize.grouped) words, \(figures.batchesPerEpoch) batches an epoch
      first tokens: \(figures.firstInputIDs.map(String.init).joined(separator: " "))
      untrained loss: \(figures.untrainedLoss.formatted(4)) nats a token

      \(untrained.summary)

      """)
  }
}

// MARK: The run

extension PennTreebankReproduction {
  /// Trains, reports each epoch beside the reference, and measures the test text.
  ///
  /// - Parameters:
  ///   - output: Where the best model and the training state are kept; nil: nowhere.
  ///   - shouldStop: Asked after each step.
  func run(
    output: String?, resuming: Bool, json: Bool, profiling: Bool, shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    let files = output.map {
      TrainingFiles(
        modelPath: $0, configuration: configuration, tokenizer: .word(treebank.tokenizer),
        textHash: SHA256.hexadecimal(of: treebank.train))
    }
    if let files { try RunFiles.check(modelPath: files.modelPath, resuming: resuming, overwriting: false) }
    let checkpoint = try resuming ? files?.resume(untrained.configuration) : nil
    var trainer = Trainer(configuration, checkpointInterval: files == nil ? nil : 250)
    trainer.shouldStop = shouldStop
    let tokensPerStep = configuration.batches.size * configuration.batches.steps
    let recorder = profiling ? ProfileRecorder(untrained.configuration, tokensPerStep: tokensPerStep) : nil
    trainer.profile = recorder?.profile
    var log = ReproductionLog(tokensPerStep: tokensPerStep, json: json, recorder: recorder)
    var model = untrained
    let history = try trainer.train(
      &model, on: treebank.train, validating: treebank.valid, from: checkpoint, keeping: .last
    ) { event in
      switch event {
      case .step(let step): log.write(step)
      case .checkpoint(let checkpoint): try files?.write(checkpoint)
      case .epoch(let epoch): try log.write(epoch)
      }
    }
    let test = try Precision.$current.withValue(configuration.precision) {
      model.loss(of: try batches(treebank.test)).perplexity
    }
    try log.conclude(history, test: test)
  }
}
