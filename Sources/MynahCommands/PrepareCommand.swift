import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahText

struct PrepareCommand: CommandWithMessages, CommandOfRanks {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Write the tokens of texts, which may be larger than memory, to a file.",
    discussion: """
      Training on such a file needs no more memory than the model, however long the text is:

        mynah prepare part-1.txt part-2.txt --output web.tokens
        mynah train web.tokens

      The texts are concatenated; the last tenth is the validation text, unless --validation-share is given.
      """)

  @Argument(help: "Text files.", completion: .file())
  var texts: [String]

  @Option(help: ArgumentHelp("The token file.", valueName: "file"), completion: .file(), transform: Bounded.path)
  var output: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of the texts that is split off for validation, from their end. (default: 0.1)", valueName: "share"),
    transform: Bounded.validationShare)
  var validationShare: Double?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup(title: "Tokens") var tokens: TokenizerOptions

  @OptionGroup(title: "Ranks") var ranks: RankOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  mutating func run() throws {
    try Interruption.watching { isInterrupted in
      try NewFile.check(output, overwriting: overwrite, of: "a token file", where: TokenFile.isTokenFile)
      let preparation = try TextPreparation(
        of: texts, threadCount: threads.count, pieceSize: TextPreparation.defaultPieceSize,
        validationShare: validationShare ?? Corpus.defaultValidationShare,
        sharing: Ranks.sharing)
      // The ranks compare the texts themselves while reading them.
      try Ranks.compare(files: [tokens.file].compactMap(\.self), computes: false)
      var progress = PreparationProgress()
      defer { progress.clear() }
      let tokenizer: AnyTokenizer
      if let given = try tokens.given() {
        tokenizer = given
      } else {
        let (kind, remark) = try tokens.kind { try preparation.tokenizerChoice() }
        if let remark { StandardError.note(remark) }
        tokenizer = try preparation.tokenizer(
          kind, minimumCount: tokens.minimumCount, maximumSize: tokens.vocabulary
        ) { try progress.report($0, isInterrupted: isInterrupted) }
      }
      try preparation.write(tokenizer, to: output) { try progress.report($0, isInterrupted: isInterrupted) }
    }
    guard Ranks.isFirst else { return }
    let figures = Figures(try TokenFile(at: output))
    if json { try StandardOutput.writeJSON(figures) } else { try StandardOutput.write(figures.inWords) }
  }

  /// The figures of the token file.
  private struct Figures: Encodable {
    let output: String
    let tokens, trainingTokens, unknown, vocabularySize, characters: Int

    init(_ file: TokenFile) {
      output = file.path
      (tokens, trainingTokens, unknown) = (file.count, file.training.count, file.unknownCount)
      (vocabularySize, characters) = (file.tokenizer.vocabulary.count, file.characterCount)
    }

    var inWords: String {
      """
      \(output): \(tokens.grouped) tokens of \(characters.grouped) characters, \(trainingTokens.grouped) for training \
      (\(unknown.grouped) of them unknown), the others for validation; a vocabulary of \(vocabularySize.grouped)

      """
    }
  }
}

/// The progress of a preparation on standard error.
private struct PreparationProgress {
  private var pass = WorkProgress("counting", on: .anywhere)
  private var wasCounting = true

  /// Shows the figures.
  ///
  /// - Throws: `CommandError.stopped` if the user asked to stop.
  mutating func report(_ progress: TextPreparation.Progress, isInterrupted: () -> Bool) throws {
    guard !isInterrupted() else { throw CommandError.stopped }
    if wasCounting && !progress.isCounting {
      clear()
      (wasCounting, pass) = (false, WorkProgress("encoding", on: .anywhere))
    }
    pass.report(Double(progress.byteCount) / Double(max(progress.totalByteCount, 1))) { seconds in
      "\((Double(progress.byteCount) / 1e6 / max(seconds, 1e-9)).formatted(0)) MB/s"
    }
  }

  /// Removes the line from the terminal.
  func clear() { pass.clear() }
}
