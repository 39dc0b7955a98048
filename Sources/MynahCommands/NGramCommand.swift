import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// `mynah ngram`: a smoothed n-gram model to mix with.
struct NGramCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ngram",
    abstract: "Count the n-grams of a text, smooth them, and write an ARPA file.",
    discussion: """
      The smoothing is interpolated modified Kneser–Ney; each line is a sentence. --tokens-of uses the words of a \
      model, so that both can be mixed: mynah evaluate MODEL TEXT --mix FILE.arpa.

        mynah ngram notes.txt --tokens-of notes.safetensors --output notes.arpa
      """)

  @Argument(help: "A text.", completion: .file())
  var text: String

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The largest length of n-grams. (default: 5)", valueName: "words"),
    transform: Bounded.integer(1...16))
  var order = 5

  @Option(
    help: ArgumentHelp("Count the tokens of this model of words. (default: all words of the text)", valueName: "model"))
  var tokensOf: String?

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @Flag(help: "Print one JSON object.")
  var json = false

  mutating func run() throws {
    try NewFile.check(output, overwriting: overwrite)
    let text = try TextFile(at: text).text
    let tokenizer =
      if let tokensOf { try ModelFile(contentsOf: tokensOf).tokenizer } else {
        AnyTokenizer.word(WordTokenizer(training: text, minimumCount: 1))
      }
    let model = try NGramModel(counting: tokenizer.encode(text).ids, tokenizer: tokenizer, order: order)
    try model.write(arpa: output)
    let counts = model.counts
    if json { return try StandardOutput.writeJSON(Figures(output: output, counts: counts)) }
    let listed = counts.enumerated().map { "\($1.grouped) \($0 + 1)-grams" }.joined(separator: ", ")
    try StandardOutput.write("\(output): \(listed)\n")
  }

  private struct Figures: Encodable {
    let output: String
    /// By length, from 1 on.
    let counts: [Int]
  }
}
