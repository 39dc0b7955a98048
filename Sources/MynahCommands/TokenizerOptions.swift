import ArgumentParser
import Foundation
import MynahIO
import MynahText

/// The flags of the tokenizer.
struct TokenizerOptions: ConditionalFlags {
  /// The value of --tokenizer.
  enum Choice: Equatable {
    /// A tokenizer that is trained on the text.
    case trained(TokenizerKind)
    /// A tokenizer in a file.
    case file(String)
  }

  @Option(
    name: .customLong("tokenizer"),
    help: ArgumentHelp(
      "The tokenizer: word, character, byte, byte-pair (pieces of words) or keras-word (lowercase, without "
        + "punctuation), trained on the text; or a Hugging Face tokenizer.json. (default: word)",
      valueName: "name-or-file"),
    completion: Self.completion, transform: Self.choice)
  var choice: Choice?

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

  /// The kind of the tokenizer to train; nil: a file, or the default.
  var kind: TokenizerKind? { if case .trained(let kind)? = choice { kind } else { nil } }

  /// The path of the tokenizer's file; nil: it is trained.
  var file: String? { if case .file(let path)? = choice { path } else { nil } }

  var rules: [FlagRule] {
    let (isFile, isByte) = (file != nil, kind == .byte)
    return [
      FlagRule("--minimum-count", minimumCount != nil, excludes: "a --tokenizer file", isFile),
      FlagRule("--vocabulary", vocabulary != nil, excludes: "a --tokenizer file", isFile),
      FlagRule("--minimum-count", minimumCount != nil, excludes: "--tokenizer byte", isByte),
      FlagRule("--vocabulary", vocabulary != nil, excludes: "--tokenizer byte", isByte),
      FlagRule("--minimum-count", minimumCount != nil, excludes: "--tokenizer keras-word", kind == .kerasWord),
    ]
  }

  func validate() throws {
    try checkRules()
    if let kind, let vocabulary, vocabulary < kind.smallestVocabulary {
      throw ValidationError(
        "--tokenizer \(kind.rawValue) needs a --vocabulary of at least \(kind.smallestVocabulary), found \(vocabulary)")
    }
  }

  /// Reads the tokenizer's file; nil if there is none.
  ///
  /// - Throws: `TextError` if it cannot be read, `CommandError.badTokenizer`.
  func given() throws -> AnyTokenizer? {
    guard let path = file else { return nil }
    let text = try TextFile(at: path).text
    do {
      let tokenizer = try AnyTokenizer(tokenizerJSON: text)
      if case .huggingFace(let tokenizer) = tokenizer, let processor = tokenizer.ignoredPostProcessor {
        StandardError.write(
          "note: the tokens that the post-processor \(processor) of \(path.quoted()) adds to a text, such as marks of "
            + "its beginning, are left out\n")
      }
      return tokenizer
    } catch {
      throw CommandError.badTokenizer(path: path, defect: error)
    }
  }

  /// Returns the tokenizer of the file, or one trained on the text.
  func tokenizer(training text: String) throws -> AnyTokenizer {
    try given()
      ?? AnyTokenizer(kind ?? .word, training: text, minimumCount: minimumCount, maximumSize: vocabulary)
  }

  /// The names, and the files and folders that begin with what was typed.
  private static var completion: CompletionKind {
    .custom { _, _, typed in
      let folder = typed.contains("/") ? String(typed[...(typed.lastIndex(of: "/") ?? typed.startIndex)]) : ""
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
      return TokenizerKind.allCases.map(\.rawValue) + names.sorted().map { folder + $0 }.filter { $0.hasPrefix(typed) }
    }
  }

  /// Parses a name, or the path of a file: what is no name has to exist, or to look like a path.
  @Sendable private static func choice(_ text: String) throws -> Choice {
    if let kind = TokenizerKind(rawValue: text) { return .trained(kind) }
    if text.contains("/") || text.contains(".") || FileManager.default.fileExists(atPath: text) {
      return .file(try Bounded.path(text))
    }
    let names = TokenizerKind.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("expected one of \(names), or a tokenizer.json file")
  }

  /// A Boolean value indicating whether any of the flags was given.
  var isGiven: Bool { choice != nil || minimumCount != nil || vocabulary != nil }
}
