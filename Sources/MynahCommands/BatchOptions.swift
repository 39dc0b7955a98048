import ArgumentParser
import MynahText
import MynahTraining

/// The flags of batching.
struct BatchOptions: ParsableArguments, RunOptions {
  /// The kinds of batching, by name.
  enum Batching: String, ExpressibleByArgument, CaseIterable {
    case contiguous, windows, documents, sentences
  }

  @Option(
    help: ArgumentHelp(
      "The batching: contiguous (carries the state from batch to batch), windows (shuffled), documents (one per line) "
        + "or sentences (one per line, shuffled, without the line-end token, padded or truncated to "
        + "--maximum-length); all but contiguous start from the zero state. (default: contiguous)",
      valueName: "kind"))
  var batching: Batching?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The batch size: rows of text that are trained in parallel. (default: from the text's size)", valueName: "rows"),
    transform: Bounded.integer(1...1_000_000))
  var batch: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The sequence length: steps that gradients flow back through. (default: from the text's size)",
      valueName: "steps"),
    transform: Bounded.integer(1...1_000_000))
  var sequenceLength: Int?

  @Flag(
    help: ArgumentHelp(
      "Vary the sequence length from batch to batch, as AWD-LSTM does: near --sequence-length, or near half of it in one "
        + "batch of 20; the learning rate of a step is multiplied by the length / --sequence-length. Needs contiguous "
        + "text."))
  var randomLengths = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The length that sentences are padded or truncated to, in tokens; needs --batching sentences. (default: the "
        + "sequence length + 1)", valueName: "tokens"),
    transform: Bounded.integer(2...1_000_001))
  var maximumLength: Int?

  var settings: [RunSetting] {
    [
      RunSetting("--batching", batching?.rawValue) { Self.name($0.training.batches.kind) },
      RunSetting("--batch", batch) { $0.training.batches.batchSize },
      RunSetting("--sequence-length", sequenceLength) { $0.training.batches.sequenceLength },
      RunSetting("--random-lengths", randomLengths ? true : nil) {
        $0.training.batches.kind == .contiguous(lengths: .random)
      },
      RunSetting("--maximum-length", maximumLength) { run in
        guard case .sentences = run.training.batches.kind else { return nil }
        return run.training.batches.sequenceLength + 1
      },
    ]
  }

  /// Applies the given flags to the settings of a new run.
  ///
  /// - Throws: `ValidationError` if the vocabulary has no token for line ends, or if a flag has no effect.
  func apply(to run: inout RunSettings) throws {
    try FlagRule(
      "--maximum-length", maximumLength != nil, needs: "--batching sentences", batching == .sentences
    ).check()
    try FlagRule("--sequence-length", sequenceLength != nil, excludes: "--maximum-length", maximumLength != nil).check()
    try FlagRule(
      "--random-lengths", randomLengths, needs: "--batching contiguous", (batching ?? .contiguous) == .contiguous
    ).check()
    let sizes = run.training.batches.with(batchSize: batch, sequenceLength: sequenceLength)
    run.training.batches =
      switch batching {
      case nil where !randomLengths: sizes
      case nil, .contiguous:
        .contiguous(
          batchSize: sizes.batchSize, sequenceLength: sizes.sequenceLength, lengths: randomLengths ? .random : .fixed)
      case .windows: .windows(batchSize: sizes.batchSize, sequenceLength: sizes.sequenceLength)
      case .documents:
        .documents(
          batchSize: sizes.batchSize, sequenceLength: sizes.sequenceLength, endingWith: try endOfLine(run.tokenizer))
      case .sentences:
        .sentences(
          batchSize: sizes.batchSize, maximumLength: maximumLength ?? sizes.sequenceLength + 1,
          endingWith: try endOfLine(run.tokenizer))
      }
    if let defect = run.training.batches.defect { throw ValidationError(defect) }
  }

  private static func name(_ kind: BatchLayout.Kind) -> String {
    switch kind {
    case .contiguous: Batching.contiguous.rawValue
    case .windows: Batching.windows.rawValue
    case .documents: Batching.documents.rawValue
    case .sentences: Batching.sentences.rawValue
    }
  }

  private func endOfLine(_ tokenizer: AnyTokenizer) throws -> Int32 {
    guard let id = tokenizer.endOfSentenceID ?? tokenizer.vocabulary.id(of: "\n") else {
      throw ValidationError(
        "--batching \(batching?.rawValue ?? "documents") needs a token for line ends, which the vocabulary lacks; use "
          + "--batching windows or contiguous"
      )
    }
    return id
  }
}
