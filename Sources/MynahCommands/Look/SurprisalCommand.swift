import ArgumentParser
import Foundation
import MynahAnalysis
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// `mynah surprisal`: the surprisal of each token.
struct SurprisalCommand: ParsableCommand, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "surprisal",
    abstract: "Print the surprisal of each token of a text, and the most probable tokens.",
    discussion: """
      The state is carried from line to line unless --state or the model's training resets it. --html writes a \
      self-contained page that colours each token by its surprisal.

        mynah surprisal notes.safetensors draft.txt --html draft.html
        echo "the cat sat" | mynah surprisal notes.safetensors
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "Text files. (default: standard input)", completion: .file())
  var files: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The number of most probable tokens to print. (default: 3)", valueName: "count"),
    transform: Bounded.integer(0...100))
  var alternatives = 3

  @Option(
    help: ArgumentHelp("Write an HTML page to this file.", valueName: "file"), completion: .file(),
    transform: Bounded.path)
  var html: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @Flag(help: "Print a JSON object for each token.")
  var json = false

  @OptionGroup var state: StateOptions
  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions

  var rules: [FlagRule] { [FlagRule("--overwrite", overwrite, needs: "--html", html != nil)] }

  mutating func run() throws {
    try threads.run { try read() }
  }

  private func read() throws {
    if let html { try NewFile.check(html, overwriting: overwrite) }
    let file = try ModelFile(contentsOf: model)
    let vocabulary = file.tokenizer.vocabulary
    var reader = SurprisalReader(precision.model(of: file), alternativeCount: alternatives)
    var page = html == nil ? nil : SurprisalPage(file.tokenizer)
    func show(_ tokens: [PageToken]) throws {
      for token in tokens {
        let surprisal = try reader.read(token.token)
        try page?.append(token, surprisal)
        guard let surprisal, json || html == nil else { continue }
        let figures = Figures(
          line: token.token.line, text: vocabulary[token.id], bits: surprisal.bits, probability: surprisal.probability,
          rank: surprisal.rank, isUnknown: token.id == vocabulary.unknownID,
          alternatives: surprisal.alternatives.map {
            Figures.Alternative(text: vocabulary[$0.id], probability: $0.probability)
          })
        if json { try StandardOutput.writeJSON(figures) } else { try StandardOutput.write(figures.inWords) }
      }
    }
    try PageTokens.read(files, file.tokenizer, policy: state.policy(of: file), show)
    guard let page, let html else { return }
    let title = files.isEmpty ? "standard input" : files.joined(separator: ", ")
    try NewFile.write(page.html(title: title, model: model), to: html)
    if !json { try StandardOutput.write("\(html): \(page.summary)\n") }
  }

  /// One token.
  private struct Figures: Encodable {
    struct Alternative: Encodable {
      let text: String
      let probability: Double
    }
    let line: Int
    let text: String
    let bits, probability: Double
    let rank: Int
    let isUnknown: Bool
    let alternatives: [Alternative]

    var inWords: String {
      let others = alternatives.map { "\($0.text.visible) \((100 * $0.probability).brief) %" }.joined(separator: ", ")
      return
        "\(bits.formatted(2).leftPadded(7))  \("\(rank)".leftPadded(6))  \(text.visible.padding(16))  \(others)\n"
    }
  }
}

extension PageTokens {
  /// Calls `show` with the tokens of some files, or of standard input if there are none, as they come.
  static func read(
    _ files: [String], _ tokenizer: AnyTokenizer, policy: StatePolicy, _ show: ([PageToken]) throws -> Void
  ) throws {
    var (tokens, lines) = (PageTokens(tokenizer, policy: policy), try LineReader(files))
    while let line = try lines.next() {
      try show(tokens.append(line.text, number: line.number, isEnded: line.isEnded))
    }
    try show(tokens.finish())
  }
}
