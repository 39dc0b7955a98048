import ArgumentParser
import MynahInference
import MynahModels
import MynahTensors
import MynahText

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Let a model write.",
    discussion: """
      The text appears as it is written. The same model, prompt, seed and temperature give the same text.

        mynah generate notes.safetensors "Once upon" --length 50 --temperature 0.8
      """)

  @Argument(help: "A model file that mynah train wrote.")
  var model: String

  @Argument(help: "The text's beginning.")
  var prompt = ""

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many tokens to write: words and line ends, characters, or what the model's tokens are. (default: 200)",
      valueName: "tokens"),
    transform: Bounded.integer(1...1_000_000_000))
  var length = 200

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "0 always takes the most probable token, below 1 is safer, 1 is as learned, above 1 is bolder. (default: 1)",
      valueName: "number"),
    transform: Self.temperature)
  var temperature = 1.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Where random numbers begin. (default: another one each time)", valueName: "number"),
    transform: Bounded.integer(0...Int.max))
  var seed: Int?

  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions

  mutating func run() throws {
    try threads.run {
      let file = try ModelFile(contentsOf: model)
      let seed = seed.map(UInt64.init) ?? UInt64.random(in: 0..<1_000_000)
      var generator = try TextGenerator(
        precision.model(of: file), tokenizer: file.tokenizer, prompt: prompt, temperature: temperature,
        random: RandomSource(seed: seed))
      try warnOfUnknownWords(file)
      try StandardOutput.write(prompt)
      var last = prompt
      for _ in 0..<length {
        let text = try generator.next().text
        if !text.isEmpty { last = text }
        try StandardOutput.write(text)
      }
      let rest = generator.finish()
      try StandardOutput.write(rest)
      if !rest.isEmpty { last = rest }
      if last.unicodeScalars.last != "\n" { try StandardOutput.write("\n") }
      if self.seed == nil && StandardError.isTerminal {
        StandardError.write("(--seed \(seed) gives this text again)\n")
      }
    }
  }

  /// Words that the model never saw are read as `<unk>`: the text that follows cannot know of them.
  private func warnOfUnknownWords(_ file: ModelFile) throws {
    let count = try file.tokenizer.encodePrompt(prompt).unknownCount
    guard count > 0 else { return }
    StandardError.write("note: the model does not know \(count) of the prompt's tokens and reads them as <unk>\n")
  }

  private static func temperature(_ text: String) throws -> Double {
    guard let value = Double(text), (0...1000).contains(value) else {
      throw ValidationError("expected a number between 0 and 1000")
    }
    return value
  }
}
