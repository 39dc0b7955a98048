import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText
public import MynahTraining

/// A training run of a text model in the background; see `TextModel.training(on:writingTo:tokenizer:epochs:seed:)`.
///
/// Training begins with the iteration. If the task that iterates is cancelled, training ends after the current step
/// with a training state to resume from; `next()` waits for that, so that the run can be resumed at once. If the task
/// leaves the loop, training ends in the same way, but nothing waits for it.
public struct TextTraining: AsyncSequence, Sendable {
  /// A step or an epoch of the run.
  public enum Progress: Hashable, Sendable {
    case step(StepReport)
    case epoch(EpochReport)
  }

  let run: TextTrainingRun

  public func makeAsyncIterator() -> Iterator { Iterator(run: run) }

  /// Receives the progress of a run.
  public struct Iterator: AsyncIteratorProtocol {
    private var progress: AsyncThrowingStream<Progress, any Error>.Iterator
    /// A sequence without elements that ends with the run.
    private let end: AsyncStream<Never>

    fileprivate init(run: TextTrainingRun) {
      let (end, endContinuation) = AsyncStream.makeStream(of: Never.self)
      self.end = end
      let stream = AsyncThrowingStream<Progress, any Error> { continuation in
        let isStopped = Latch()
        // If the task is already cancelled, training stops after the first step, however short the run.
        if Task.isCancelled { isStopped.set() }
        continuation.onTermination = { _ in isStopped.set() }
        // Not a task: training blocks its thread, and the tasks of a program share a small number of threads.
        DispatchQueue.global(qos: .userInitiated).async {
          defer { endContinuation.finish() }
          do {
            _ = try run.train(shouldStop: { isStopped.isSet }) { event in
              switch event {
              case .step(let step): continuation.yield(.step(step))
              case .epoch(let epoch): continuation.yield(.epoch(epoch))
              case .checkpoint: break
              }
            }
            continuation.finish()
          } catch {
            continuation.finish(throwing: error)
          }
        }
      }
      progress = stream.makeAsyncIterator()
    }

    /// Returns the next progress; nil at the end of the run.
    ///
    /// - Throws: `TrainingError`, `FileError`, `CancellationError`.
    public mutating func next() async throws -> Progress? {
      if let next = try await progress.next() { return next }
      guard Task.isCancelled else { return nil }
      // In a cancelled task, awaiting a stream returns at once, so another task waits for the end of the run.
      await Task { [end] in for await _ in end {} }.value
      throw CancellationError()
    }
  }
}

extension TextTraining.Progress: CustomStringConvertible {
  /// The epoch with its perplexities, or the step with the perplexity of the epoch so far: "epoch 3, step 7 of 90:
  /// perplexity 9.61".
  public var description: String {
    switch self {
    case .step(let step):
      "epoch \(step.epoch), step \(step.step) of \(step.stepCount): perplexity "
        + step.epochLoss.perplexity.formatted(2)
    case .epoch(let epoch): "\(epoch)"
    }
  }
}

/// A training run with the default settings.
struct TextTrainingRun: Sendable {
  private let tokenizer: AnyTokenizer
  private let model: LanguageModelConfiguration
  private let configuration: TrainingConfiguration
  private let batches, validation: EpochBatches
  private let files: TrainingFiles?
  private let checkpoint: TrainingCheckpoint?

  /// Prepares a run.
  ///
  /// - Parameter modelPath: The path of the model file, beside which a training state is read if there is one; nil to
  ///   write no files.
  init(
    on corpus: Corpus, tokenizer kind: TokenizerKind?, epochs: Int?, seed: UInt64, modelPath: String?
  ) throws {
    let kind = kind ?? TokenizerChoice(for: corpus.training).kind
    tokenizer = AnyTokenizer(kind, training: corpus.training)
    let (training, validated) = try (tokenizer.encode(corpus.training).ids, tokenizer.encode(corpus.validation).ids)
    let defaults = TrainingDefaults(tokenCount: training.count, tokenizer: tokenizer, epochs: epochs)
    model = defaults.model
    var configuration = defaults.training
    configuration.seed = seed
    self.configuration = configuration
    batches = try configuration.batches.batches(of: training, seed: seed)
    validation = try configuration.batches.validationBatches(of: validated, after: tokenizer.textStartID)
    files = modelPath.map { [tokenizer] path in
      TrainingFiles(
        modelPath: path, configuration: configuration, tokenizer: tokenizer,
        textHash: TrainingFiles.textHash(of: training, validation: validated))
    }
    checkpoint = try files.flatMap { [model] files in
      FileManager.default.fileExists(atPath: files.statePath) ? try files.resume(model) : nil
    }
  }

  /// Trains to the end, writing the files.
  func train(
    shouldStop: @escaping @Sendable () -> Bool, report: (TrainingEvent) throws -> Void
  ) throws -> TextModel {
    var random = RandomSource(seed: configuration.seed)
    var model = checkpoint?.model ?? LanguageModel(model, using: &random)
    var trainer = Trainer(configuration)
    trainer.shouldStop = shouldStop
    try trainer.train(&model, on: batches, validating: validation, from: checkpoint) { event in
      if case .checkpoint(let checkpoint) = event { try files?.write(checkpoint) }
      try report(event)
    }
    return TextModel(
      ModelFile(model: model, tokenizer: tokenizer, statePolicy: configuration.batches.statePolicy))
  }
}
