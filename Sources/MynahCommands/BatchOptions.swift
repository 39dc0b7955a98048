import ArgumentParser
import MynahText
import MynahTraining

/// The flags of batching.
struct BatchOptions: ParsableArguments, RunOptions {
  /// The kinds of batching, by name.
  enum Batching: String, ExpressibleByArgument, CaseIterable {
    case contiguous, windows, documents
  }

  @Option(
    help: ArgumentHelp(
      "The batching: contiguous text with the state carried from batch to batch, shuffled windows, or documents, one "
        + "per line; windows and documents each start from the zero state. (default: contiguous)", valueName: "kind"))
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

  var settings: [RunSetting] {
    [
      RunSetting("--batching", batching?.rawValue) { Self.name($0.training.batches.kind) },
      RunSetting("--batch", batch) { $0.training.batches.batchSize },
      RunSetting("--sequence-length", sequenceLength) { $0.training.batches.sequenceLength },
    ]
  }

  /// Writes what was given into the settings of a new run.
  ///
  /// - Throws: `ValidationError` if the vocabulary has no token for line ends.
  func apply(to run: inout RunSettings) throws {
    let sizes = run.training.batches.with(batchSize: batch, sequenceLength: sequenceLength)
    run.training.batches =
      switch batching {
      case nil: sizes
      case .contiguous: .contiguous(batchSize: sizes.batchSize, sequenceLength: sizes.sequenceLength)
      case .windows: .windows(batchSize: sizes.batchSize, sequenceLength: sizes.sequenceLength)
      case .documents:
        .documents(
          batchSize: sizes.batchSize, sequenceLength: sizes.sequenceLength, endingWith: try endOfLine(run.tokenizer))
      }
  }

  private static func name(_ kind: BatchLayout.Kind) -> String {
    switch kind {
    case .contiguous: Batching.contiguous.rawValue
    case .windows: Batching.windows.rawValue
    case .documents: Batching.documents.rawValue
    case .sentences: "sentences"
    }
  }

  private func endOfLine(_ tokenizer: AnyTokenizer) throws -> Int32 {
    guard let id = tokenizer.endOfSentenceID ?? tokenizer.vocabulary.id(of: "\n") else {
      throw ValidationError(
        "--batching documents needs a token for line ends, which the vocabulary lacks; "
          + "use --batching windows or contiguous"
      )
    }
    return id
  }
}
