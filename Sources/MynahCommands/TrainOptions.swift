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
