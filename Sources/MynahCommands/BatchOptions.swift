import ArgumentParser
import MynahText
import MynahTraining

/// How a text is cut into batches.
struct BatchOptions: ParsableArguments {
  /// What a row is, by name.
  enum Rows: String, ExpressibleByArgument, CaseIterable {
    case contiguous, windows, lines
  }

  @Option(
    help: ArgumentHelp(
      "What a row is: contiguous text whose state is carried from batch to batch, shuffled windows that stand alone, or lines, "
        + "each a document of its own. (default: contiguous)", valueName: "kind"))
  var rows: Rows?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Rows of text that are learned side by side. (default: from the text's size)", valueName: "rows"),
    transform: Bounded.integer(1...1_000_000))
  var batch: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps that gradients flow back through. (default: from the text's size)", valueName: "steps"),
    transform: Bounded.integer(1...1_000_000))
  var steps: Int?

  /// Writes what was given into a configuration.
  ///
  /// - Throws: `ValidationError` if the vocabulary has nothing that ends a line.
  func apply(to training: inout TrainingConfiguration, tokenizer: AnyTokenizer) throws {
    let sizes = training.batches.with(size: batch, steps: steps)
    training.batches =
      switch rows {
      case nil: sizes
      case .contiguous: .contiguous(size: sizes.size, steps: sizes.steps)
      case .windows: .windows(size: sizes.size, steps: sizes.steps)
      case .lines: .documents(size: sizes.size, steps: sizes.steps, endingWith: try endOfLine(tokenizer))
      }
  }

  private func endOfLine(_ tokenizer: AnyTokenizer) throws -> Int32 {
    guard let id = tokenizer.endOfSentenceID ?? tokenizer.vocabulary.id(of: "\n") else {
      throw ValidationError(
        "--rows lines needs a text with line ends, and the vocabulary has no token for them; choose windows or contiguous"
      )
    }
    return id
  }
}
