import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah neighbours`: the nearest tokens by their embeddings.
struct NeighboursCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neighbours",
    abstract: "List the tokens whose embeddings are nearest to a token's.",
    discussion: """
      Three words are an analogy: the result is to the third word as the second is to the first.

        mynah neighbours ptb.safetensors company
        mynah neighbours ptb.safetensors man king woman
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "A token, or three of them.")
  var words: [String]

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The number of tokens to list. (default: 10)", valueName: "count"),
    transform: Bounded.integer(1...16_777_216))
  var count = 10

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard words.count == 1 || words.count == 3 else {
      throw ValidationError("expected a word, or three for an analogy, found \(words.count)")
    }
  }

  mutating func run() throws {
    let file = try ModelFile(contentsOf: model)
    let vocabulary = file.tokenizer.vocabulary
    let ids = try words.map { try vocabulary.knownID(of: $0, model: model) }
    let neighbours = Neighbours(file.model.embedding)
    let found =
      ids.count == 1
      ? neighbours.nearest(to: ids[0], count: count)
      : neighbours.analogies(ids[0], ids[1], ids[2], count: count)
    let listed = found.map { Figures.Neighbour(text: vocabulary[$0.id], similarity: $0.similarity) }
    if json { return try StandardOutput.writeJSON(Figures(neighbours: listed)) }
    try StandardOutput.write(
      listed.map { "\($0.similarity.formatted(4))  \($0.text.visible)\n" }.joined())
  }

  private struct Figures: Encodable {
    struct Neighbour: Encodable {
      let text: String
      let similarity: Double
    }
    let neighbours: [Neighbour]
  }
}

/// The error for a token that is not in a model's vocabulary.
struct UnknownWord: CommandFailure {
  let word: String
  let model: String

  var failureCode: FailureCode { .badData }
  var sentence: String {
    "the model \(model.quoted()) has no token \(word.quoted()); list its tokens with "
      + "mynah inspect --vocabulary"
  }
}
