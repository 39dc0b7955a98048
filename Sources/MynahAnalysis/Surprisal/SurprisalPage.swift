import MynahIO
public import MynahText

/// An HTML page that colours each token of a text by its surprisal, with a curve per line, and lists the tokens that
/// the model expected; or a page that shows the surprisals of two models side by side.
///
/// S. Gehrmann, H. Strobelt, A. M. Rush, "GLTR: statistical detection and visualization of generated text", 2019,
/// visualise ranks in this way. Tokens that are not in the vocabulary are hatched.
public struct SurprisalPage: Sendable {
  private let vocabulary: Vocabulary?
  private let modelCount: Int
  private let cssClass: String
  private let scale: SurprisalScale
  private var lines = ""
  private var line: SurprisalLine?
  private var tokenCount = 0
  private var totals: SurprisalSummary

  /// Creates an empty page of tokens.
  ///
  /// - Parameter modelCount: The number of models, 1 or 2, which have the same tokens.
  public init(_ tokenizer: AnyTokenizer, modelCount: Int = 1) {
    require((1...2).contains(modelCount), "a page shows one or two models, got \(modelCount)")
    (vocabulary, self.modelCount) = (tokenizer.vocabulary, modelCount)
    cssClass = tokenizer.hasWords ? "text" : "text characters"
    scale = .tokens(vocabularySize: tokenizer.vocabulary.count)
    totals = SurprisalSummary(unit: "token", modelCount: modelCount)
  }

  /// Creates an empty page of words, for two models whose tokens may differ.
  public init() {
    (vocabulary, modelCount, cssClass, scale) = (nil, 2, "text", .words)
    totals = SurprisalSummary(unit: "word", modelCount: 2)
  }

  /// Appends a token.
  ///
  /// - Parameter surprisals: The surprisals of the token, one per model; nil for a token that was not predicted.
  /// - Throws: `AnalysisError.pageTooLong`.
  /// - Precondition: the page is one of tokens.
  public mutating func append(_ token: PageToken, _ surprisals: [TokenSurprisal?]) throws(AnalysisError) {
    guard let vocabulary else { requirementFailure("a page of words has no tokens") }
    let readings = surprisals.map { SurprisalReading(token, $0, vocabulary) }
    try append(token.html, line: token.token.line, followsSpace: token.followsSpace, readings)
  }

  /// Appends a word.
  ///
  /// - Parameter surprisals: The surprisals of the word by the two models; nil if a model does not predict it.
  /// - Throws: `AnalysisError.pageTooLong`.
  /// - Precondition: the page is one of words.
  public mutating func append(_ word: TextWord, _ surprisals: [WordSurprisal?]) throws(AnalysisError) {
    require(vocabulary == nil, "a page of tokens has no words")
    let readings = surprisals.map { SurprisalReading(word, $0) }
    try append(VisibleText.escaped(word.text), line: word.line, followsSpace: word.index > 1, readings)
  }

  private mutating func append(
    _ html: String, line number: Int, followsSpace: Bool, _ readings: [SurprisalReading]
  ) throws(AnalysisError) {
    require(readings.count == modelCount, "expected \(modelCount) surprisals, got \(readings.count)")
    guard tokenCount < PageLimit.tokenCount else { throw .pageTooLong(tokenCount: tokenCount + 1, seriesCount: 1) }
    tokenCount += 1
    totals.add(readings)
    if line?.number != number {
      lines += line?.html(scale) ?? ""
      line = SurprisalLine(number: number, modelCount: modelCount, cssClass: cssClass)
    }
    line?.append(html, followsSpace: followsSpace, readings, scale)
  }

  /// A one-line summary of all tokens.
  public var summary: String { totals.text }

  /// Returns the page as HTML.
  ///
  /// - Parameters:
  ///   - title: The name of the text.
  ///   - models: The names of the models.
  /// - Precondition: there are as many names as models.
  public func html(title: String, models: [String]) -> String {
    require(models.count == modelCount, "expected \(modelCount) names, got \(models.count)")
    let names = models.map { VisibleText.escaped($0) }
    var values = [
      "title": VisibleText.escaped(title), "models": names.joined(separator: " and "), "summary": totals.text,
      "unit": totals.unit, "fullBits": scale.fullBits.formatted(scale.fullBits == scale.fullBits.rounded() ? 0 : 1),
      "meaning": scale.meaning, "class": modelCount == 2 ? "compared" : "", "comparison": "", "unknown": "",
      "lines": lines + (line?.html(scale) ?? ""),
    ]
    if totals.hasUnknown { values["unknown"] = Template(PackageResources.unknown_html).text }
    if modelCount == 2 {
      values["comparison"] = Template(PackageResources.comparison_html).filled([
        "first": names[0], "second": names[1], "comparison": totals.comparison,
        "fullDifference": SurprisalScale.fullDifference.formatted(0),
      ])
    }
    return Page(
      title: "Surprisal: \(title)", style: PackageResources.surprisal_css, script: PackageResources.surprisal_js,
      body: PackageResources.surprisal_html, values: values
    ).html
  }
}
