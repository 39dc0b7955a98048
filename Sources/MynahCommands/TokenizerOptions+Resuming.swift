import Foundation
import MynahModels
import MynahText

// The notes of a training state about its tokenizer, so that the flags can be given again.

extension TokenizerOptions {
  private static let key = "tokenizer.limits"

  /// The limits of a vocabulary that was made of a text; nil: as by default.
  private struct Limits: Codable {
    var minimumCount, vocabulary: Int?
  }

  /// The notes for the state of a new run.
  func notes() throws -> [String: String] {
    let limits = Limits(minimumCount: minimumCount, vocabulary: vocabulary)
    return [Self.key: try SafetensorsFile.encode(limits)]
  }

  /// Checks that the flags that were given make the tokenizer of a run that is resumed.
  ///
  /// - Throws: `CommandError.otherSetting`; `TextError` if a tokenizer's file cannot be read.
  func expect(_ tokenizer: AnyTokenizer, notes: [String: String], training text: String) throws {
    if let own = try given() {
      guard own != tokenizer else { return }
      throw CommandError.otherSetting(
        flag: "--tokenizer", given: tokenizerFile ?? "", own: "a tokenizer with other tokens")
    }
    if let level, level.rawValue != tokenizer.kind {
      throw CommandError.otherSetting(flag: "--level", given: level.rawValue, own: tokenizer.kind)
    }
    guard let kind = TokenLevel(rawValue: tokenizer.kind) else { return }
    let noted = try? JSONDecoder().decode(Limits.self, from: Data((notes[Self.key] ?? "").utf8))
    let limits = [
      ("--minimum-count", minimumCount, noted?.minimumCount), ("--vocabulary", vocabulary, noted?.vocabulary),
    ]
    func other(_ flag: String, _ given: Int, _ own: String) -> CommandError {
      .otherSetting(flag: flag, given: "\(given)", own: own)
    }
    for case (let flag, let given?, let own?) in limits where given != own { throw other(flag, given, "\(own)") }
    // A limit that is given for the first time may be the default one.
    guard case (let flag, let given?, _)? = limits.first(where: { $0.1 != nil && $0.2 == nil }) else { return }
    let made = AnyTokenizer(
      kind, training: text, minimumCount: minimumCount ?? noted?.minimumCount,
      maximumSize: vocabulary ?? noted?.vocabulary)
    if made != tokenizer { throw other(flag, given, "the default") }
  }
}
