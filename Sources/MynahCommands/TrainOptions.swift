import ArgumentParser
import MynahModels
import MynahText

/// How a text is cut into tokens.
struct TokenizerOptions: ParsableArguments {
  /// The kinds of tokens.
  enum Level: String, ExpressibleByArgument, CaseIterable {
    case word, character
  }

  @Option(help: "What the model reads and writes: word or character. (default: word)")
  var level: Level?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens that are rarer become <unk>. (default: 2 for words unless <unk> stands in the text, else 1)",
      valueName: "count"),
    transform: Bounded.integer(1...1_000_000_000))
  var minimumCount: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest number of tokens to know, the most frequent ones. (default: no limit)", valueName: "size"),
    transform: Bounded.integer(2...16_777_216))
  var vocabulary: Int?

  /// Makes the tokenizer of a text.
  func tokenizer(training text: String) -> AnyTokenizer {
    switch level ?? .word {
    case .word: .word(WordTokenizer(training: text, minimumCount: minimumCount, maximumSize: vocabulary))
    case .character:
      .character(CharacterTokenizer(training: text, minimumCount: minimumCount ?? 1, maximumSize: vocabulary))
    }
  }

  /// Whether a flag was given.
  var isGiven: Bool { level != nil || minimumCount != nil || vocabulary != nil }
}

/// The model's shape.
struct ModelOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of a token's vector. (default: from the text's size)", valueName: "size"),
    transform: Bounded.integer(1...65536))
  var embedding: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The sizes of the LSTM layers, the first one first: 256 or 128,64. (default: from the text's size)",
      valueName: "sizes"),
    transform: Bounded.integers(1...65536, atMost: 64))
  var hidden: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability that an element of an LSTM layer's output is kept in training; 1 is no dropout. (default: from the text's size)",
      valueName: "probability"),
    transform: Bounded.positive(atMost: 1))
  var keep: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Initial weights are drawn uniformly between minus and plus this. (default: 0.1)", valueName: "bound"),
    transform: Bounded.positive(atMost: 1000))
  var initialRange: Float?

  /// Writes what was given into a configuration.
  func apply(to model: inout LanguageModelConfiguration) {
    if let embedding { model.embeddingSize = embedding }
    if let hidden { model.recurrent = hidden.map { .lstm($0) } }
    if let keep { model.outputKeepProbability = keep }
    if let initialRange { model.initializer = .uniform(initialRange) }
  }
}
