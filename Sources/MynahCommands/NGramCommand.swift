import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// `mynah ngram`: a smoothed n-gram model to mix with.
struct NGramCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "ngram",
    abstract: "Train an n-gram model on a text and write an ARPA file.",
    discussion: """
      The smoothing is interpolated modified Kneser–Ney; each line is a sentence. Words that --tokens-of or \
      --vocabulary leave out are counted as <unk>. With the words of a model, the two can be mixed: \
      mynah evaluate MODEL TEXT --mix FILE.arpa.

        mynah ngram notes.txt --tokens-of notes.safetensors --output notes.arpa

      If the discounts of some lengths cannot be estimated, because a text has few different words, 0.5, 1 and 1.5 are \
      used for counts of 1, 2 and more, as by KenLM's --discount_fallback, and a note is printed.
      """)

  @Argument(help: "A text.", completion: .file())
  var text: String

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The largest length of n-grams. (default: 5)", valueName: "words"),
    transform: Bounded.integer(1...16))
  var order = 5

  @OptionGroup var words: NGramWords

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Remove n-grams whose loss raises the perplexity of the model by less than this share, as SRILM's -prune: 1e-8 "
        + "removes some, 1e-6 most. (default: none are removed)", valueName: "share"),
    transform: Bounded.positive(atMost: 1))
  var prune: Float?

  @Flag(help: "Exit with an error if discounts cannot be estimated.")
  var noDiscountFallback = false

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var messages: MessageOptions

  mutating func run() throws {
    try NewFile.check(output, overwriting: overwrite)
    let (text, tokenizer) = try words.read(text)
    var progress = StageProgress()
    let counted = try NGramModel(
      counting: tokenizer.encode(text).ids, tokenizer: tokenizer, order: order,
      fallback: noDiscountFallback ? nil : .fallback
    ) { progress.report($0) }
    progress.clear()
    warnOfFallback(counted)
    let model = prune.map { counted.pruned(threshold: Double($0)) } ?? counted
    try model.write(arpa: output) { progress.report($0) }
    progress.clear()
    if json { return try StandardOutput.writeJSON(Figures(output, model, counted)) }
    try StandardOutput.write("\(output): \(Self.list(model.counts, of: counted.counts))\n")
  }

  /// The progress of the stages, one after another.
  private struct StageProgress {
    private var stage = NGramProgress.Stage.counting
    private var line = WorkProgress(NGramProgress.Stage.counting.rawValue)

    mutating func report(_ progress: NGramProgress) {
      if progress.stage != stage { (stage, line) = (progress.stage, WorkProgress(progress.stage.rawValue)) }
      line.report(progress.share)
    }

    func clear() { line.clear() }
  }

  private func warnOfFallback(_ model: NGramModel) {
    guard let lengths = model.smoothing?.fallbackLengths, !lengths.isEmpty else { return }
    let listed = lengths.map { "\($0)-grams" }.joined(separator: ", ")
    StandardError.warn(
      "the discounts of \(listed) cannot be estimated, since too few of them occur once, twice and three times; "
        + "0.5, 1 and 1.5 are used")
  }

  /// Returns the numbers of n-grams as text, with those before pruning if any were removed.
  private static func list(_ counts: [Int], of before: [Int]) -> String {
    before.enumerated().map { index, all in
      let kept = index < counts.count ? counts[index] : 0
      return (kept < all ? "\(kept.grouped) of " : "") + "\(all.grouped) \(index + 1)-grams"
    }.joined(separator: ", ")
  }

  private struct Figures: Encodable {
    let output: String
    /// The number of n-grams of each length, from 1.
    let counts: [Int]
    /// The number of n-grams of each length before pruning, from 1.
    let unprunedCounts: [Int]
    /// The discounts for counts of 1, 2 and 3 or more, for each length, from 1.
    let discounts: [[Double]]
    /// The lengths whose discounts are fixed, because they cannot be estimated.
    let fallbackLengths: [Int]

    init(_ output: String, _ model: NGramModel, _ counted: NGramModel) {
      (self.output, counts, unprunedCounts) = (output, model.counts, counted.counts)
      discounts = (counted.smoothing?.discounts ?? []).map { [$0.one, $0.two, $0.threeOrMore] }
      fallbackLengths = counted.smoothing?.fallbackLengths ?? []
    }
  }
}
