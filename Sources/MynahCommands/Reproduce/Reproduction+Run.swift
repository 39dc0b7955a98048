import MynahModels
import MynahTraining

extension Reproduction {
  /// Trains, prints each epoch with the reference, measures the test text, and prints the verdict.
  ///
  /// - Parameters:
  ///   - output: The file of the best model; nil to write neither the model nor the training state.
  ///   - logs: The logs to write, and the figures that epochs report besides the recipe's.
  ///   - shouldStop: Called after each step; true ends the run.
  func run(
    output: String?, resuming: Bool, json: Bool, profiling: Bool, logs: LogOptions,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    let files = output.map {
      TrainingFiles(
        modelPath: $0, configuration: configuration, tokenizer: data.tokenizer, textHash: data.trainingIDsSHA256)
    }
    if let files { try RunFiles.check(modelPath: files.modelPath, resuming: resuming, overwriting: false) }
    let checkpoint = try resuming ? files?.resume(untrained.configuration) : nil
    var trainer = Trainer(configuration, checkpointInterval: files == nil ? nil : 250)
    trainer.shouldStop = shouldStop
    trainer.metrics = recipe.metrics + logs.metrics
    let tokensPerStep = configuration.batches.batchSize * configuration.batches.sequenceLength
    let recorder =
      profiling ? ProfileRecorder(untrained.architecture, configuration.objective, tokensPerStep: tokensPerStep) : nil
    trainer.profile = recorder?.profile
    var log = ReproductionLog(recipe, json: json, recorder: recorder)
    var running = try logs.started(
      RunDescription(
        model: untrained.configuration, configuration: configuration, tokenizer: data.tokenizer,
        tokenCount: data.training.count, stepsPerEpoch: batches.count, checkpoint: checkpoint))
    StandardError.inform("\(recipe.name): \(estimateInWords)\n")
    var model = untrained
    let history = try trainer.train(
      &model, on: batches,
      validating: data.validation.map { try recipe.validationBatches(of: $0, trainedWith: configuration.batches) },
      from: checkpoint, keeping: recipe.kept
    ) { event in
      switch event {
      case .step(let step): log.write(step)
      case .checkpoint(let checkpoint): try files?.write(checkpoint)
      case .epoch(let epoch): try log.write(epoch)
      }
      try running.report(event)
    }
    let test = try testPerplexity(of: model)
    try running.finish(TrainingResult(model, at: output, history: history, test: test), model: model)
    try log.conclude(history, test: test)
  }
}
