import ArgumentParser
import MynahIO
import MynahText

/// How a text is cut into tokens.
struct TokenizerOptions: ConditionalFlags {
  @Option(
    help: ArgumentHelp(
      "What the model reads and writes: word, character, byte, byte-pair (pieces of words), or keras-word (in small letters, without punctuation). (default: word)",
      valueName: "level"),
    transform: Self.level)
  var level: TokenLevel?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Words and characters that are rarer become <unk>, byte pairs are not joined. (default: 2 for byte pairs and for words unless <unk> stands in the text, else 1)",
      valueName: "count"),
    transform: Bounded.integer(1...1_000_000_000))
  var minimumCount: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest number of tokens to know, the most frequent ones; of byte pairs 256 or more. (default: 8192 for byte pairs, else no limit)",
      valueName: "size"),
    transform: Bounded.integer(2...16_777_216))
  var vocabulary: Int?

  @Option(
    name: .customLong("tokenizer"),
    help: ArgumentHelp(
      "Take the tokens of a tokenizer.json of Hugging Face, WordLevel or byte-level BPE, instead of the text's own.",
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

  /// The tokenizer of the file that was named, nil if none was.
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

  /// The tokenizer for a text: the one that was named, or the text's own.
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

  /// Whether a flag was given.
  var isGiven: Bool { level != nil || minimumCount != nil || vocabulary != nil || tokenizerFile != nil }
}
