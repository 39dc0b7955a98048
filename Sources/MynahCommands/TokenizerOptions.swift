import ArgumentParser
import Foundation
import MynahIO
import MynahText

/// The flags of the tokenizer.
struct TokenizerOptions: ConditionalFlags {
  /// The value of --tokenizer.
  enum Choice: Equatable {
    /// A tokenizer that is chosen for the text and trained on it.
    case automatic
    /// A tokenizer that is trained on the text.
    case trained(TokenizerKind)
    /// A tokenizer in a file.
    case file(String)
  }

  @Option(
    name: .customLong("tokenizer"),
    help: ArgumentHelp(
      "The tokenizer: auto (chosen for the text), word (between white space), words-and-punctuation, character, byte, "
        + "byte-pair (pieces of words) or keras-word (lowercase, without punctuation), trained on the text; or a "
        + "Hugging Face tokenizer.json. (default: auto)",
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
        + "(default: 512 to 8192 for byte pairs, by the length of the text, else no limit)",
      valueName: "size"),
    transform: Bounded.integer(2...16_777_216))
  var vocabulary: Int?

  /// The kind of the tokenizer to train; nil: a file, or the choice for the text.
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

  func validate() throws { try checkRules() }

  private func checkVocabulary(of kind: TokenizerKind) throws {
    guard let vocabulary, vocabulary < kind.smallestVocabulary else { return }
    throw CommandError.smallVocabulary(tokenizer: kind.rawValue, needed: kind.smallestVocabulary, found: vocabulary)
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
        StandardError.warn(
          "the tokens that the post-processor \(processor) of \(path.quoted()) adds to a text, such as marks of "
            + "its beginning, are left out")
      }
      return tokenizer
    } catch {
      throw CommandError.badTokenizer(path: path, defect: error)
    }
  }

  /// Returns the tokenizer of the file, or one trained on the text, with a remark for the user if it was chosen.
  func tokenizer(training text: String) throws -> (tokenizer: AnyTokenizer, remark: String?) {
    if let given = try given() { return (given, nil) }
    let (kind, remark) = try kind { TokenizerChoice(for: text) }
    return (
      AnyTokenizer(kind, training: text, minimumCount: minimumCount, maximumSize: vocabulary), remark
    )
  }

  /// Returns the kind of the flags, or the one chosen for a text, with a remark for the user.
  func kind(
    choosing choice: () throws -> TokenizerChoice
  ) throws -> (kind: TokenizerKind, remark: String?) {
    if let kind {
      try checkVocabulary(of: kind)
      return (kind, nil)
    }
    let choice = try choice()
    try checkVocabulary(of: choice.kind)
    return (choice.kind, "--tokenizer \(choice.kind.rawValue) was chosen, since \(choice.reason)")
  }

  static let automatic = "auto"
  private static let names = [automatic] + TokenizerKind.allCases.map(\.rawValue)

  /// The completion of names, and of files and folders that begin with the typed text.
  private static var completion: CompletionKind {
    .custom { _, _, typed in
      let folder = typed.contains("/") ? String(typed[...(typed.lastIndex(of: "/") ?? typed.startIndex)]) : ""
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
      return Self.names + names.sorted().map { folder + $0 }.filter { $0.hasPrefix(typed) }
    }
  }

  /// Parses a name, or the path of a file, which must exist or look like a path.
  @Sendable private static func choice(_ text: String) throws -> Choice {
    if text == automatic { return .automatic }
    if let kind = TokenizerKind(rawValue: text) { return .trained(kind) }
    if text.contains("/") || text.contains(".") || FileManager.default.fileExists(atPath: text) {
      return .file(try Bounded.path(text))
    }
    throw ValidationError("expected one of \(names.joined(separator: ", ")), or a tokenizer.json file")
  }

  /// A Boolean value indicating whether any of the flags was given.
  var isGiven: Bool { choice != nil || minimumCount != nil || vocabulary != nil }
}
