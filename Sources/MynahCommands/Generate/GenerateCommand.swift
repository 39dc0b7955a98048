import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

struct GenerateCommand: ShortHelp, ConditionalFlags, CommandWithMessages {
  static let commonFlags: Set = [
    "--length", "--count", "--stop", "--seed", "--temperature", "--top-k", "--top-p", "--beams", "--state", "--json",
    "--threads",
  ]

  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generate text.",
    discussion: """
      The text is printed as it is generated. The same model, prompt, seed and flags give the same text.

        mynah generate notes.safetensors "Once upon" --temperature 0.8
        mynah generate notes.safetensors "Once upon" --count 3 --top-p 0.9
        mynah generate notes.safetensors "Once upon" --beams 8 --length 20
        mynah generate notes.safetensors - --json < prompts.txt
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(
    help: "The prompt that the text begins with; or - to use each line of standard input as a prompt.")
  var prompt = ""

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number of tokens to generate, such as words and line ends, or characters. (default: 200)",
      valueName: "tokens"),
    transform: Bounded.integer(1...1_000_000_000))
  var length = 200

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The number of texts. (default: 1)", valueName: "texts"),
    transform: Bounded.integer(1...65_536))
  var count: Int?

  @Option(
    help: ArgumentHelp("A string that ends a text and is not printed; may be given several times.", valueName: "text"))
  var stop: [String] = []

  @Option(
    help: ArgumentHelp("A token that ends a text and is not printed; may be given several times.", valueName: "token"))
  var stopToken: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The random seed. (default: a different one each time)", valueName: "number"),
    transform: Bounded.integer(0...Int.max))
  var seed: Int?

  @OptionGroup(title: "Sampling") var sampling: SamplingOptions
  @OptionGroup(title: "Beam search") var beams: BeamOptions

  @Option(
    help: ArgumentHelp(
      "Print how much of the generated text occurs in this text, the training text.", valueName: "file"))
  var copiedFrom: String?

  @Flag(help: "Print a JSON object for each text.")
  var json = false

  @OptionGroup var state: StateOptions
  @OptionGroup var continuing: LoadStateOptions
  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  func validate() throws {
    guard !stop.contains("") else { throw ValidationError("expected a --stop of at least one character") }
    try checkRules()
  }

  var rules: [FlagRule] {
    let isSearch = beams.count != nil
    let given =
      [
        ("--count", count != nil), ("--stop", !stop.isEmpty), ("--seed", seed != nil),
        ("--load-state", continuing.loadState != nil),
      ] + sampling.given.filter { $0.flag != "--forbid" }
    return [FlagRule("--length-penalty", beams.lengthPenalty != nil, needs: "--beams", isSearch)]
      + given.map { FlagRule($0.flag, $0.isGiven, excludes: "--beams", isSearch) }
  }

  mutating func run() throws { try threads.run { try generate() } }

  private func generate() throws {
    let file = try ModelFile(contentsOf: model)
    let generation = Generation(
      file: file, network: precision.model(of: file),
      stopIDs: Set(try stopToken.map { try file.tokenizer.vocabulary.knownID(of: $0, model: model) }),
      seed: seed.map(UInt64.init) ?? UInt64.random(in: 0..<1_000_000))
    var texts: [[Int32]] = []
    if prompt == "-" {
      var lines = try LineReader([])
      while let line = try lines.next() { texts += try self.texts(after: line.text, generation) }
    } else {
      texts = try self.texts(after: prompt, generation)
    }
    if seed == nil && beams.count == nil && StandardError.isTerminal {
      StandardError.inform("(--seed \(generation.seed) reproduces this)\n")
    }
    if let copiedFrom {
      try GenerationOutput.reportCopies(of: texts, from: copiedFrom, tokenizer: file.tokenizer, asJSON: json)
    }
  }

  /// The inputs that are the same for all prompts.
  private struct Generation {
    let file: ModelFile
    let network: InferenceModel
    let stopIDs: Set<Int32>
    let seed: UInt64
  }

  /// Generates the texts after a prompt and prints them; returns their tokens.
  private func texts(after prompt: String, _ generation: Generation) throws -> [[Int32]] {
    let tokenizer = generation.file.tokenizer
    try warnOfUnknownWords(prompt, tokenizer)
    var output = GenerationOutput(
      prompt: prompt, asJSON: json, isAlone: count ?? 1 == 1 && beams.count == nil, tokenizer: tokenizer)
    if let count = beams.count { return try search(count, prompt, generation, &output) }
    try draw(prompt, generation, &output)
    return output.texts
  }

  private func draw(_ prompt: String, _ generation: Generation, _ output: inout GenerationOutput) throws {
    let file = generation.file
    var options = GenerationOptions(
      sampler: try sampling.sampler(file.tokenizer.vocabulary, model: model), length: length, stopStrings: stop,
      stopTokens: generation.stopIDs, statePolicy: state.policy(of: file))
    options.returnsProbabilities = json
    let network = generation.network
    let predictor = try continuing.loadState.map { try StateFile.predictor(at: $0, model: network, modelPath: model) }
    let count = count ?? 1
    var generator = try BatchGenerator(
      continuing: predictor ?? NeuralPredictor(network), tokenizer: file.tokenizer, prompt: prompt, count: count,
      options: options, seed: generation.seed)
    try output.begin(count: count)
    while case let pieces = try generator.next(), !pieces.isEmpty {
      for piece in pieces { try output.add(piece) }
    }
  }

  /// Searches for the most probable texts; returns their tokens.
  private func search(
    _ count: Int, _ prompt: String, _ generation: Generation, _ output: inout GenerationOutput
  ) throws -> [[Int32]] {
    let file = generation.file
    let vocabulary = file.tokenizer.vocabulary
    let search = BeamSearch(
      beamCount: count, length: length, lengthPenalty: Double(beams.lengthPenalty ?? 1), stopTokens: generation.stopIDs,
      forbidden: Set(try sampling.forbid.map { try vocabulary.knownID(of: $0, model: model) }),
      statePolicy: state.policy(of: file))
    let found = try search(generation.network, tokenizer: file.tokenizer, prompt: prompt)
    for (index, hypothesis) in found.enumerated() { try output.write(hypothesis, number: index) }
    return found.map { $0.ids }
  }

  /// Prints a warning if the prompt has unknown words, which are read as `<unk>` and cannot influence the text.
  private func warnOfUnknownWords(_ prompt: String, _ tokenizer: AnyTokenizer) throws {
    let count = try tokenizer.encodePrompt(prompt).unknownCount
    guard count > 0 else { return }
    StandardError.warn("the model reads \(count) of the prompt's tokens as <unk>: not in its vocabulary")
  }
}

/// The flags of beam search.
struct BeamOptions: ParsableArguments {
  @Option(
    name: .customLong("beams"), parsing: .unconditional,
    help: ArgumentHelp(
      "Search for this many of the most probable texts, with as many beams, instead of sampling.", valueName: "count"),
    transform: Bounded.integer(1...1024))
  var count: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The length penalty: 0 favours short texts, 1 ranks roughly by the mean per token. (default: 1)",
      valueName: "number"),
    transform: Bounded.number(0...10))
  var lengthPenalty: Float?
}
