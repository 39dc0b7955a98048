import ArgumentParser
import MynahIO
import MynahText

/// The flags of the validation text.
struct ValidationOptions: ConditionalFlags {
  @Option(
    help: ArgumentHelp(
      "The validation text. (default: the validation file of a folder, else the end of the text)", valueName: "file"),
    completion: .file(), transform: Bounded.path)
  var validation: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of the text that is split off for validation, from its end. (default: 0.1)", valueName: "share"),
    transform: Bounded.validationShare)
  var validationShare: Double?

  var rules: [FlagRule] {
    [FlagRule("--validation-share", validationShare != nil, excludes: "--validation", validation != nil)]
  }

  func validate() throws { try checkRules() }

  var isGiven: Bool { validation != nil || validationShare != nil }

  private static let (pathKey, shareKey) = ("validation", "validation.share")

  /// The notes in the training state, from which a resumed run restores omitted flags.
  var notes: [String: String] {
    [Self.pathKey: validation, Self.shareKey: validationShare.map { "\($0)" }].compactMapValues(\.self)
  }

  /// Returns the options of a resumed run from its notes.
  ///
  /// - Throws: `CommandError.otherSetting` if other values are given.
  func resumed(_ notes: [String: String]) throws(CommandError) -> ValidationOptions {
    for (flag, given, own) in [
      ("--validation", validation, notes[Self.pathKey]),
      ("--validation-share", validationShare.map { "\($0)" }, notes[Self.shareKey]),
    ] {
      if let given, given != own { throw .otherSetting(flag: flag, given: given, own: own) }
    }
    var options = self
    (options.validation, options.validationShare) = (notes[Self.pathKey], notes[Self.shareKey].flatMap { Double($0) })
    return options
  }

  /// Reads the texts.
  ///
  /// - Throws: `FileError`, `TextError`, or a `ValidationError` about a share that has no effect.
  func corpus(at inputs: [String], invalidBytes: InvalidBytes) throws -> Corpus {
    let corpus = try Corpus(
      at: inputs, validation: validation, validationShare: validationShare ?? Corpus.defaultValidationShare,
      invalidBytes: invalidBytes)
    guard validationShare == nil || corpus.isSplit else {
      throw ValidationError("--validation-share has no effect on a folder with a validation text; leave it out")
    }
    return corpus
  }
}
