import MynahIO
import MynahInference
import MynahText

/// The output of `mynah generate`: one text while it is generated, or several texts in order as they are completed.
struct GenerationOutput {
  private let prompt: String
  private let asJSON: Bool
  private let isAlone: Bool
  private let tokenizer: AnyTokenizer
  private var written: [Text] = []
  /// The next text to print.
  private var next = 0

  private struct Text {
    var ids: [Int32] = []
    var text = ""
    var logProbability = 0.0
    var end: GenerationEnd?
  }

  init(prompt: String, asJSON: Bool, isAlone: Bool, tokenizer: AnyTokenizer) {
    (self.prompt, self.asJSON, self.isAlone, self.tokenizer) = (prompt, asJSON, isAlone, tokenizer)
  }

  /// The tokens of the texts.
  var texts: [[Int32]] { written.map { $0.ids } }

  /// Begins a number of texts.
  mutating func begin(count: Int) throws {
    written = [Text](repeating: Text(), count: count)
    if isAlone && !asJSON { try StandardOutput.write(prompt) }
  }

  /// Adds the result of a step.
  mutating func add(_ piece: BatchGenerator.Piece) throws {
    written[piece.text].ids.append(piece.id)
    written[piece.text].text += piece.addition
    written[piece.text].logProbability += piece.logProbability ?? 0
    written[piece.text].end = piece.end
    if isAlone && !asJSON { try StandardOutput.write(piece.addition) }
    while next < written.count && written[next].end != nil {
      try printEnded(next)
      next += 1
    }
  }

  /// Writes a text that beam search found.
  mutating func write(_ hypothesis: BeamSearch.Hypothesis, number: Int) throws {
    var decoder = tokenizer.decoder()
    decoder.begin(after: prompt, try tokenizer.encodePrompt(prompt).ids)
    let text = hypothesis.ids.map { decoder.decode($0) }.joined() + decoder.finish()
    written.append(
      Text(ids: hypothesis.ids, text: text, logProbability: hypothesis.logProbability, end: hypothesis.end))
    try printEnded(number, score: hypothesis.score)
  }

  private func printEnded(_ number: Int, score: Double? = nil) throws {
    let text = written[number]
    if asJSON {
      return try StandardOutput.writeJSON(
        Figures(
          index: number, prompt: prompt, text: text.text, tokenCount: text.ids.count,
          logProbability: text.logProbability, score: score, end: text.end?.name ?? ""))
    }
    let whole = prompt + text.text
    let lineEnd = whole.unicodeScalars.last == "\n" ? "" : "\n"
    guard !isAlone else { return try StandardOutput.write(lineEnd) }
    let title = score.map { "\(number + 1)  ln p \(text.logProbability.formatted(3))  score \($0.formatted(3))" }
    try StandardOutput.write("— \(title ?? "\(number + 1)")\n\(whole)\(lineEnd)")
  }

  private struct Figures: Encodable {
    let index: Int
    let prompt: String
    /// The text without the prompt.
    let text: String
    let tokenCount: Int
    /// In nats.
    let logProbability: Double
    let score: Double?
    /// length, stopString or stopToken.
    let end: String
  }
}

extension GenerationEnd {
  fileprivate var name: String {
    switch self {
    case .length: "length"
    case .stopString: "stopString"
    case .stopToken: "stopToken"
    }
  }
}

// MARK: Copies

extension GenerationOutput {
  /// Prints the shares of the n-grams of generated texts that occur in a file.
  static func reportCopies(
    of texts: [[Int32]], from path: String, tokenizer: AnyTokenizer, asJSON: Bool
  ) throws {
    var report = CopyReport(of: texts)
    report.read(try tokenizer.encode(TextFile(at: path, invalidBytes: tokenizer.invalidBytes).text).ids)
    let shares = report.shares(of: 1...8)
    let longest = report.longest
    let text = longest.map { tokenizer.decode(texts[$0.text][$0.range]) } ?? ""
    if asJSON {
      return try StandardOutput.writeJSON(
        CopyFigures(
          copies: shares.map { .init(length: $0.length, count: $0.count, copiedCount: $0.copiedCount) },
          longestCopy: .init(index: longest?.text, tokenCount: longest?.range.count ?? 0, text: text)))
    }
    var words = "\nn-grams of the generated text that occur in \(path):\n"
    for share in shares where share.count > 0 {
      let percent = 100 * Double(share.copiedCount) / Double(share.count)
      words += "  of \(share.length) tokens: \(share.copiedCount) of \(share.count) (\(percent.formatted(1)) %)\n"
    }
    words += "  the longest: \(longest?.range.count ?? 0) tokens: \(text.visible)\n"
    try StandardOutput.write(words)
  }

  private struct CopyFigures: Encodable {
    struct Share: Encodable { let length, count, copiedCount: Int }
    struct Longest: Encodable {
      let index: Int?
      let tokenCount: Int
      let text: String
    }
    let copies: [Share]
    let longestCopy: Longest
  }
}
