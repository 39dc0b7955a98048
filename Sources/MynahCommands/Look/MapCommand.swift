import ArgumentParser
import MynahAnalysis
import MynahIO
import MynahModels
import MynahTensorBoard
import MynahTensors
import MynahText

/// `mynah map`: a plot of a model's embeddings.
struct MapCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Plot a model's embeddings (t-SNE or PCA).",
    discussion: """
      Without --output, a table of tokens with their x and y is printed, separated by tabs. The ending of --output \
      selects the format: .tsv for that table, .svg for a picture, .html for a page that can be searched and magnified, \
      or else a folder for TensorBoard's embedding projector, which contains the embeddings too.

        mynah map notes.safetensors --output map.html --highlight "monday friday"
        mynah map notes.safetensors --output map.svg
        mynah map notes.safetensors --method pca --output projector/
      """)

  /// The projections to the plane.
  enum Method: String, ExpressibleByArgument, CaseIterable {
    case tsne, pca
  }

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Option(help: "tsne keeps neighbours together, pca shows the directions of largest variance.")
  var method = Method.tsne

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number of tokens: the first ones, in word models the most frequent. (default: 500)", valueName: "count"),
    transform: Bounded.integer(1...10_000))
  var count = 500

  @Option(help: ArgumentHelp("Plot the most frequent tokens of this text.", valueName: "file"))
  var text: String?

  @Option(
    help: ArgumentHelp(
      "Emphasise these tokens, separated by blanks, in a picture or page; may be given several times.",
      valueName: "words"))
  var highlight: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The perplexity of t-SNE, a smooth number of neighbours. (default: 30, or a third of the others)",
      valueName: "number"),
    transform: Bounded.number(1...10_000))
  var perplexity: Float?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The random seed of t-SNE. (default: 1)", valueName: "number"),
    transform: Bounded.integer(0...Int.max))
  var seed: Int?

  @Option(
    help: ArgumentHelp("A file that ends in .tsv, .svg or .html, or a folder.", valueName: "path"), completion: .file(),
    transform: Bounded.path)
  var output: String?

  @Flag(help: "Replace existing files.")
  var overwrite = false

  @Flag(help: "Print a JSON object for each token, or with --output one for all.")
  var json = false

  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    [
      FlagRule("--overwrite", overwrite, needs: "--output", output != nil),
      FlagRule(
        "--highlight", !highlight.isEmpty, needs: "an --output that ends in .svg or .html",
        output.map { [.picture, .page].contains(Form($0)) } ?? false),
      FlagRule("--perplexity", perplexity != nil, needs: "--method tsne", method == .tsne),
      FlagRule("--seed", seed != nil, needs: "--method tsne", method == .tsne),
    ]
  }

  mutating func run() throws {
    if let output {
      let file = Form(output) == .folder ? output + "/" + EmbeddingProjector.configurationName : output
      try NewFile.check(file, overwriting: overwrite, makingFolder: Form(output) == .folder)
    }
    let file = try ModelFile(contentsOf: model)
    let chosen = try highlighted(file.tokenizer.vocabulary)
    let (ids, counts) = try tokens(of: file.tokenizer, including: chosen)
    let vectors = PointSet(ids, of: file.model.embedding)
    let (places, how) = try places(of: vectors)
    let isPage = output.map { Form($0) == .page } ?? false
    let map = TokenMap(
      ids, of: file.tokenizer.vocabulary, at: places, caption: "\(model): \(ids.count.grouped) tokens, \(how)",
      clusters: isPage ? try KMeans(of: vectors).clusters : nil, counts: counts, highlighted: Set(chosen))
    guard let output else { return try print(map) }
    switch Form(output) {
    case .table: try NewFile.write(map.table, to: output)
    case .picture: try NewFile.write(map.svg, to: output)
    case .page: try NewFile.write(map.html(), to: output)
    case .folder: try fill(output, map, vectors)
    }
    if json {
      try StandardOutput.writeJSON(Figures(output: output, method: method.rawValue, tokenCount: ids.count))
    } else {
      try StandardOutput.write("\(output): \(ids.count.grouped) tokens, \(how)\n")
    }
  }

  /// Returns the ids of the tokens to highlight.
  ///
  /// - Throws: `UnknownWord`.
  private func highlighted(_ vocabulary: Vocabulary) throws -> [Int32] {
    try highlight.flatMap { words in
      // A token may contain blanks itself.
      if let id = vocabulary.id(of: words) { return [id] }
      return try words.split(separator: " ").map { try vocabulary.knownID(of: String($0), model: model) }
    }
  }

  /// Returns the tokens to plot, and the number of occurrences of each if there is a text to count them in.
  private func tokens(of tokenizer: AnyTokenizer, including chosen: [Int32]) throws -> ([Int32], counts: [Int]?) {
    let vocabulary = tokenizer.vocabulary
    func withChosen(_ ids: [Int32]) -> [Int32] { ids + Set(chosen).subtracting(ids).sorted() }
    guard let text else { return (withChosen((0..<Int32(min(count, vocabulary.count))).map { $0 }), nil) }
    var counts = [Int](repeating: 0, count: vocabulary.count)
    for id in try tokenizer.encode(TextFile(at: text, invalidBytes: tokenizer.invalidBytes).text).ids {
      counts[Int(id)] += 1
    }
    let found = counts.indices.filter { counts[$0] > 0 }.sorted { (counts[$1], $0) < (counts[$0], $1) }
    let ids = withChosen(found.prefix(count).map { Int32($0) })
    return (ids, ids.map { counts[Int($0)] })
  }

  /// Returns the positions of the tokens, and the method in words.
  private func places(of vectors: PointSet) throws -> (PointSet, String) {
    switch method {
    case .pca:
      let components = try PrincipalComponents(of: vectors)
      let places = components.project(vectors)
      let share = (100 * components.explainedShare).formatted(1)
      // Embeddings of size 1 have no second direction.
      let flat =
        places.width == 2
        ? places
        : PointSet(
          count: places.count, width: 2, places.coordinates.flatMap { [$0, 0] })
      return (flat, "the first two principal components, with \(share) % of the variance")
    case .tsne:
      var embedding = StochasticNeighbourEmbedding(seed: UInt64(seed ?? 1))
      if let perplexity { embedding.perplexity = Double(perplexity) }
      let stepCount = embedding.stepCount
      var progress = WorkProgress("t-SNE")
      defer { progress.clear() }
      let result = try Interruption.watching { isInterrupted in
        try embedding(vectors) { step in
          if isInterrupted() { throw CommandError.stopped }
          progress.report(Double(step) / Double(stepCount)) { _ in "step \(step)/\(stepCount)" }
        }
      }
      return (
        result.map,
        "t-SNE of perplexity \(result.perplexity.brief), KL divergence \(result.divergence.formatted(3)) nats"
      )
    }
  }

  private func fill(_ folder: String, _ map: TokenMap, _ vectors: PointSet) throws {
    let places = map.tokens.flatMap { [Float($0.x), Float($0.y)] }
    try EmbeddingProjector.write(
      [
        .init(name: "embedding", width: vectors.width, vectors.coordinates.map { Float($0) }),
        .init(name: method.rawValue, width: 2, places),
      ], labels: map.tokens.map { $0.text }, to: folder)
  }

  private func print(_ map: TokenMap) throws {
    guard json else { return try StandardOutput.write(map.table) }
    for token in map.tokens {
      try StandardOutput.writeJSON(Place(id: token.id, text: token.text, x: token.x, y: token.y))
    }
  }

  /// The output format, which the path's extension selects.
  private enum Form {
    case table, picture, page, folder

    init(_ path: String) {
      let ending = path.lowercased()
      let forms: [(String, Form)] = [(".tsv", .table), (".svg", .picture), (".html", .page)]
      self = forms.first { ending.hasSuffix($0.0) }?.1 ?? .folder
    }
  }

  private struct Place: Encodable {
    let id: Int32
    let text: String
    let x, y: Double
  }

  private struct Figures: Encodable {
    let output, method: String
    let tokenCount: Int
  }
}
