import ArgumentParser
import MynahIO
import MynahText

/// The flags of the tokenizer.
struct TokenizerOptions: ConditionalFlags {
  @Option(
    help: ArgumentHelp(
      "The tokenizer: word, character, byte, byte-pair (pieces of words), or keras-word (lowercase, without "
        + "punctuation). (default: word)",
      valueName: "level"),
    transform: Self.level)
  var level: TokenLevel?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The least count: rarer words and characters become <unk>, rarer byte pairs are not merged. "
        + "(default: 2 for byte pairs, and for words unless the text contains <unk>, else 1)",
      valueName: "count"),
    transform: Bounded.integer(1...1_000_000_000))
  var minimumCount: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest vocabulary size: the most frequent tokens are kept; at least 256 for byte pairs. "
        + "(default: 8192 for byte pairs, else no limit)",
      valueName: "size"),
    transform: Bounded.integer(2...16_777_216))
  var vocabulary: Int?

  @Option(
    name: .customLong("tokenizer"),
    help: ArgumentHelp(
      "Use a Hugging Face tokenizer.json, WordLevel or byte-level BPE, instead of making a tokenizer from the text.",
      valueName: "file"), transform: Bounded.path)
  var tokenizerFile: String?

  var rules: [FlagRule] {
    let (isFile, isByte) = (tokenizerFile != nil, level == .byte)
    return [
      FlagRule("--level", level != nil, excludes: "--tokenizer", isFile),
      FlagRule("--minimum-count", minimumCount != nil, excludes: "--tokenizer", isFile),
      FlagRule("--vocabulary", vocabulary != nil, excludes: "--tokenizer", isFile),
      FlagRule("--minimum-count", minimumCount != nil, excludes: "--level byte", isByte),
      FlagRule("--vocabulary", vocabulary != nil, excludes: "--level byte", isByte),
      FlagRule("--minimum-count", minimumCount != nil, excludes: "--level keras-word", level == .kerasWord),
    ]
  }

  func validate() throws {
    try checkRules()
    if let level, let vocabulary, vocabulary < level.smallestVocabulary {
      throw ValidationError(
        "--level \(level.rawValue) needs a --vocabulary of at least \(level.smallestVocabulary), found \(vocabulary)")
    }
  }

  /// Reads the tokenizer of --tokenizer; nil without that flag.
  ///
  /// - Throws: `TextError` if it cannot be read, `CommandError.badTokenizer`.
  func given() throws -> AnyTokenizer? {
    guard let path = tokenizerFile else { return nil }
    let text = try TextFile(at: path).text
    do {
      return try AnyTokenizer(tokenizerJSON: text)
    } catch {
      throw CommandError.badTokenizer(path: path, defect: error)
    }
  }

  /// Returns the tokenizer of --tokenizer, or one made from the text.
  func tokenizer(training text: String) throws -> AnyTokenizer {
    try given()
      ?? AnyTokenizer(level ?? .word, training: text, minimumCount: minimumCount, maximumSize: vocabulary)
  }

  @Sendable private static func level(_ name: String) throws -> TokenLevel {
    guard let level = TokenLevel(rawValue: name) else {
      throw ValidationError("expected one of \(TokenLevel.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return level
  }

  /// A Boolean value indicating whether any of the flags was given.
  var isGiven: Bool { level != nil || minimumCount != nil || vocabulary != nil || tokenizerFile != nil }
}
