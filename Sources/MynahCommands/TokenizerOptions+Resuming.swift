import Foundation
import MynahModels
import MynahText

// A training state's notes on how its tokenizer was made, so that a resumed run can check the flags.

extension TokenizerOptions {
  private static let key = "tokenizer.limits"

  /// The limits of a vocabulary that was made from a text; nil: the default.
  private struct Limits: Codable {
    var minimumCount, vocabulary: Int?
  }

  /// Returns the notes for the state of a new run.
  func notes() throws -> [String: String] {
    let limits = Limits(minimumCount: minimumCount, vocabulary: vocabulary)
    return [Self.key: try SafetensorsFile.encode(limits)]
  }

  /// Checks that the given flags describe the tokenizer of a resumed run.
  ///
  /// - Throws: `CommandError.otherSetting`; `TextError` if a tokenizer's file cannot be read.
  func expect(_ tokenizer: AnyTokenizer, notes: [String: String], training text: String) throws {
    if let own = try given() {
      guard own != tokenizer else { return }
      throw CommandError.otherSetting(
        flag: "--tokenizer", given: file ?? "", own: "a tokenizer with other tokens")
    }
    if let kind, kind.rawValue != tokenizer.kind {
      throw CommandError.otherSetting(flag: "--tokenizer", given: kind.rawValue, own: tokenizer.kind)
    }
    guard let kind = TokenizerKind(rawValue: tokenizer.kind) else { return }
    let noted = try? JSONDecoder().decode(Limits.self, from: Data((notes[Self.key] ?? "").utf8))
    let limits = [
      ("--minimum-count", minimumCount, noted?.minimumCount), ("--vocabulary", vocabulary, noted?.vocabulary),
    ]
    func other(_ flag: String, _ given: Int, _ own: String) -> CommandError {
      .otherSetting(flag: flag, given: "\(given)", own: own)
    }
    for case (let flag, let given?, let own?) in limits where given != own { throw other(flag, given, "\(own)") }
    // A given limit may give the same tokenizer as the default that the original run used.
    guard case (let flag, let given?, _)? = limits.first(where: { $0.1 != nil && $0.2 == nil }) else { return }
    let made = AnyTokenizer(
      kind, training: text, minimumCount: minimumCount ?? noted?.minimumCount,
      maximumSize: vocabulary ?? noted?.vocabulary)
    if made != tokenizer { throw other(flag, given, "the default") }
  }
}
