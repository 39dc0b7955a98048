import ArgumentParser
import MynahText
import MynahTraining

/// The flags of batching.
struct BatchOptions: ParsableArguments, RunOptions {
  /// The kinds of rows, by name.
  enum Rows: String, ExpressibleByArgument, CaseIterable {
    case contiguous, windows, lines
  }

  @Option(
    help: ArgumentHelp(
      "The rows of a batch: contiguous text with the state carried from batch to batch, shuffled windows, or lines; "
        + "windows and lines each start from the zero state. (default: contiguous)", valueName: "kind"))
  var rows: Rows?

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
  var steps: Int?

  var settings: [RunSetting] {
    [
      RunSetting("--rows", rows?.rawValue) { Self.name($0.training.batches.rows) },
      RunSetting("--batch", batch) { $0.training.batches.size },
      RunSetting("--steps", steps) { $0.training.batches.steps },
    ]
  }

  /// Writes what was given into the settings of a new run.
  ///
  /// - Throws: `ValidationError` if the vocabulary has no token for line ends.
  func apply(to run: inout RunSettings) throws {
    let sizes = run.training.batches.with(size: batch, steps: steps)
    run.training.batches =
      switch rows {
      case nil: sizes
      case .contiguous: .contiguous(size: sizes.size, steps: sizes.steps)
      case .windows: .windows(size: sizes.size, steps: sizes.steps)
      case .lines: .documents(size: sizes.size, steps: sizes.steps, endingWith: try endOfLine(run.tokenizer))
      }
  }

  private static func name(_ rows: BatchLayout.Rows) -> String {
    switch rows {
    case .contiguous: Rows.contiguous.rawValue
    case .windows: Rows.windows.rawValue
    case .documents: Rows.lines.rawValue
    case .sentences: "sentences"
    }
  }

  private func endOfLine(_ tokenizer: AnyTokenizer) throws -> Int32 {
    guard let id = tokenizer.endOfSentenceID ?? tokenizer.vocabulary.id(of: "\n") else {
      throw ValidationError(
        "--rows lines needs a token for line ends, which the vocabulary lacks; use --rows windows or contiguous"
      )
    }
    return id
  }
}
