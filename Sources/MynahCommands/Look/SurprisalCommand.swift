import ArgumentParser
import Foundation
import MynahAnalysis
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// `mynah surprisal`: the surprisal of each token or word.
struct SurprisalCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "surprisal",
    abstract: "Print the surprisal of each token or word of a text.",
    discussion: """
      Prints the surprisal of each token and the most probable tokens at its position; --html writes a self-contained \
      page with them, and with --compare one of two models side by side: token by token, or word by word if their \
      tokens differ. The state is carried from line to line unless --state or the training of the first model resets it.

      --tsv prints a table of the tokens and --by-word one of the words, for stimuli: each line is a text of its own \
      unless --state is given. Pieces of words are summed, with the correction for pieces that begin with a \
      blank. Log-probabilities are in nats, surprisals and entropies in bits.

        mynah surprisal notes.safetensors draft.txt --html draft.html
        mynah surprisal a.safetensors draft.txt --html c.html --compare b.safetensors
        mynah surprisal notes.safetensors stimuli.txt --by-word > words.tsv
        echo "the cat sat" | mynah surprisal notes.safetensors --tsv
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "Text files. (default: standard input)", completion: .file())
  var files: [String] = []

  @Flag(help: "Print a row of tab-separated columns for each token.")
  var tsv = false

  @Flag(help: "Print a row for each word instead of each token; with --json, an object.")
  var byWord = false

  @Option(
    help: ArgumentHelp(
      "Add the columns of another model, which must have the same tokens unless --by-word is given; may be given "
        + "several times.", valueName: "model"),
    completion: .file())
  var with: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The number of most probable tokens to print. (default: 3)", valueName: "count"),
    transform: Bounded.integer(0...100))
  var alternatives: Int?

  @Option(
    help: ArgumentHelp("Write an HTML page to this file.", valueName: "file"), completion: .file(),
    transform: Bounded.path)
  var html: String?

  @Option(
    help: ArgumentHelp("Show another model beside the first in the page.", valueName: "model"), completion: .file())
  var compare: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @Flag(help: "Print a JSON object for each token.")
  var json = false

  @OptionGroup var state: StateOptions
  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    [
      FlagRule("--overwrite", overwrite, needs: "--html", html != nil),
      FlagRule("--tsv", tsv, excludes: "--json", json),
      FlagRule("--by-word", byWord, excludes: "--html", html != nil),
      FlagRule("--alternatives", alternatives != nil, excludes: "--tsv", tsv),
      FlagRule("--alternatives", alternatives != nil, excludes: "--by-word", byWord),
      FlagRule("--with", !with.isEmpty, needs: "--tsv or --by-word", tsv || byWord),
      FlagRule("--with", !with.isEmpty, excludes: "--html", html != nil),
      FlagRule("--compare", compare != nil, needs: "--html", html != nil),
      FlagRule("--tsv", tsv, excludes: "--compare", compare != nil),
      FlagRule("--json", json, excludes: "--compare", compare != nil),
    ]
  }

  mutating func run() throws {
    try threads.run { try read() }
  }

  private func read() throws {
    if let html { try NewFile.check(html, overwriting: overwrite) }
    let file = try ModelFile(contentsOf: model)
    let others = try (with + (compare.map { [$0] } ?? [])).map { (path: $0, file: try ModelFile(contentsOf: $0)) }
    guard !byWord else {
      var rows = SurprisalWordRows([(model, file)] + others, precision, policy: policy(of: file), json)
      return try rows.read(files)
    }
    if let other = others.first(where: { $0.file.tokenizer != file.tokenizer }) {
      if compare != nil { return try compareWords(file, other.file) }
      throw SurprisalError.otherTokens(path: other.path)
    }
    try readTokens(file, others.map { precision.model(of: $0.file) })
  }

  /// Returns the state policy for a model.
  ///
  /// With `--tsv` or `--by-word`, lines are stimuli, which are independent however the model was trained.
  private func policy(of file: ModelFile) -> StatePolicy {
    tsv || byWord ? state.state ?? .reset : state.policy(of: file)
  }

  private func readTokens(_ file: ModelFile, _ others: [InferenceModel]) throws {
    let (tokenizer, policy) = (file.tokenizer, policy(of: file))
    let count = tsv ? 0 : alternatives ?? 3
    let models = [precision.model(of: file)] + others
    let page = html == nil ? nil : SurprisalPage(tokenizer, modelCount: models.count)
    var output = TokenOutput(
      format: tsv ? .table : json ? .json : html == nil ? .words : .none,
      readers: models.map { SurprisalReader($0, alternativeCount: html == nil ? count : max(count, 3)) },
      rows: SurprisalTokenRows(tokenizer), page: page)
    if tsv { try StandardOutput.write(SurprisalTokenRows.header(modelCount: models.count)) }
    var (tokens, lines) = (
      PageTokens(tokenizer, policy: policy), try LineReader(files, invalidBytes: tokenizer.invalidBytes)
    )
    var (progress, tokenCount) = (WorkProgress("reading", on: html == nil ? .terminalWithoutResults : .terminal), 0)
    defer { progress.clear() }
    while let line = try lines.next() {
      let found = try tokens.append(line.text, number: line.number, isEnded: line.isEnded)
      if tsv || json { try output.rows.append(line) }
      try output.show(found)
      tokenCount += found.count
      progress.report(lines.share, tokens: tokenCount)
    }
    try output.show(tokens.finish())
    if let page = output.page { try write(page) }
  }

  /// Writes a page of the words, since the models have different tokens.
  private func compareWords(_ file: ModelFile, _ other: ModelFile) throws {
    if alternatives != nil {
      throw ValidationError("--alternatives needs two models with the same tokens; leave it out to compare words")
    }
    let policy = policy(of: file)
    var (words, page, lines) = (
      ComparedWords(
        [file, other].map {
          WordSurprisals(precision.model(of: $0), tokenizer: $0.tokenizer, policy: policy)
        }, policy: policy), SurprisalPage(), try LineReader(files)
    )
    while let line = try lines.next() {
      for row in try words.append(line.text, number: line.number, isEnded: line.isEnded) {
        try page.append(row.word, row.surprisals)
      }
    }
    for row in try words.finish() { try page.append(row.word, row.surprisals) }
    try write(page)
  }

  private func write(_ page: SurprisalPage) throws {
    guard let html else { return }
    let title = files.isEmpty ? "standard input" : files.joined(separator: ", ")
    try NewFile.write(page.html(title: title, models: [model] + (compare.map { [$0] } ?? [])), to: html)
    if !json && !tsv { try StandardOutput.write("\(html): \(page.summary)\n") }
  }
}

/// Reads the tokens of a text with each model, and prints them.
private struct TokenOutput {
  enum Format { case words, table, json, none }

  let format: Format
  var readers: [SurprisalReader]
  var rows: SurprisalTokenRows
  /// The page to add the tokens to; nil if none was requested.
  var page: SurprisalPage?

  mutating func show(_ tokens: [PageToken]) throws {
    for token in tokens {
      var read: [TokenSurprisal?] = []
      for index in readers.indices { read.append(try readers[index].read(token.token)) }
      try page?.append(token, read)
      let surprisals = read.compactMap { $0 }
      switch format {
      case .none: break
      case .words:
        if let surprisal = surprisals.first { try StandardOutput.write(rows.inWords(surprisal)) }
      case .table, .json:
        // A token that is only context counts too, although it has no row.
        let row = try rows.next(token.token, requiringWord: format == .table)
        guard let first = surprisals.first else { continue }
        if format == .table {
          try StandardOutput.write(rows.cells(row, surprisals))
        } else {
          try StandardOutput.writeJSON(rows.figures(row, first))
        }
      }
    }
  }
}

/// An error of the models that are compared.
private enum SurprisalError: CommandFailure {
  case otherTokens(path: String)

  var failureCode: FailureCode { .badData }
  var sentence: String {
    switch self {
    case .otherTokens(let path):
      "rows of tokens need models with the same tokens, but those of \(path.quoted()) are others; compare words with "
        + "--by-word, or leave the model out"
    }
  }
}

extension PageTokens {
  /// Calls `show` with the tokens of some files, or of standard input if there are none, as they are read.
  ///
  /// - Parameter place: The place where the progress is shown.
  static func read(
    _ files: [String], _ tokenizer: AnyTokenizer, policy: StatePolicy, progressOn place: WorkProgress.Place,
    _ show: ([PageToken]) throws -> Void
  ) throws {
    var (tokens, lines) = (
      PageTokens(tokenizer, policy: policy), try LineReader(files, invalidBytes: tokenizer.invalidBytes)
    )
    var (progress, tokenCount) = (WorkProgress("reading", on: place), 0)
    defer { progress.clear() }
    while let line = try lines.next() {
      let found = try tokens.append(line.text, number: line.number, isEnded: line.isEnded)
      try show(found)
      tokenCount += found.count
      progress.report(lines.share, tokens: tokenCount)
    }
    try show(tokens.finish())
  }
}
