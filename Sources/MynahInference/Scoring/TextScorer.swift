package import MynahIO
public import MynahText

/// A scorer of the lines of a text, in constant memory regardless of its length.
///
/// ```swift
/// var scorer = TextScorer(InferenceModel(file.model), tokenizer: file.tokenizer, policy: .carry)
/// for line in lines { for score in try scorer.append(line) { print(score.logProbability) } }
/// for score in try scorer.finish() { print(score.logProbability) }
/// ```
///
/// The score of a line is the sum over the tokens that begin in it, including its line end if that is a token. If the
/// state is carried, the lines are tokenized as one text, so their scores add up to the score of the text. Byte pairs
/// may join a line end with the following text; such a token belongs to the line in which it begins.
public struct TextScorer: Sendable {
  private let tokenizer: AnyTokenizer
  private let includesTokens: Bool
  private let beginning: any Predictor
  private var text: TextTokens
  private var reading: TextReading
  /// The lines that were appended and are not complete.
  private var open: [(number: Int, score: LineScore)] = []
  private var lineCount = 0
  /// The tokens of appended lines that have not been scored yet.
  private var unscored: [TextToken] = []

  /// Creates a scorer by a network.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: The model's tokenizer.
  ///   - policy: The positions at which the state is reset.
  ///   - includesTokens: A Boolean value indicating whether scores list each token; this takes a pass through the
  ///     output for every token.
  /// - Precondition: the tokenizer has as many tokens as the model.
  public init(
    _ model: InferenceModel, tokenizer: AnyTokenizer, policy: StatePolicy = .carry,
    includingTokens includesTokens: Bool = false
  ) {
    self.init(NeuralPredictor(model), tokenizer: tokenizer, policy: policy, includingTokens: includesTokens)
  }

  /// Creates a scorer by any predictor that has not begun a text.
  ///
  /// - Precondition: the tokenizer has as many tokens as the predictor.
  public init(
    _ predictor: any Predictor, tokenizer: AnyTokenizer, policy: StatePolicy = .carry,
    includingTokens includesTokens: Bool = false
  ) {
    self.init(predictor, tokenizer: tokenizer, policy: policy, includingTokens: includesTokens, sharing: nil)
  }

  /// Creates a scorer of lines that several processes share; all of them append the same lines and get the same scores.
  package init(
    _ predictor: any Predictor, tokenizer: AnyTokenizer, policy: StatePolicy,
    includingTokens includesTokens: Bool, sharing: WorkSharing?
  ) {
    predictor.check(tokenizer)
    (self.tokenizer, self.includesTokens, beginning) = (tokenizer, includesTokens, predictor)
    (text, reading) = (TextTokens(tokenizer, policy: policy), TextReading(predictor, sharing: sharing))
  }

  /// Continues a text, whose state is carried.
  ///
  /// - Parameter predictor: The predictor that has read the text so far.
  public init(
    continuing predictor: any Predictor, tokenizer: AnyTokenizer, includingTokens includesTokens: Bool = false
  ) {
    self.init(predictor, tokenizer: tokenizer, policy: .carry, includingTokens: includesTokens)
    text = TextTokens(tokenizer, isContinuation: true)
  }

  /// The predictor that has read all tokens so far: a value that can be kept.
  public var state: any Predictor { reading.predictor }

  /// Appends a line and returns the scores of the lines that are complete, in their order.
  ///
  /// A line is complete at once unless the tokenizer may join its end with the next line.
  ///
  /// - Parameters:
  ///   - line: The line without its end.
  ///   - isEnded: A Boolean value indicating whether a line end follows it; the last line of a text may have none.
  /// - Throws: `TextError` if the line has an unknown token and the vocabulary has no `<unk>`: the next line is then
  ///   scored as if this line did not exist. `InferenceError.notFinite`.
  public mutating func append(_ line: String, isEnded: Bool = true) throws -> [LineScore] {
    try hold(line, isEnded: isEnded)
    return try scoreHeld()
  }

  /// Appends a line without scoring it.
  ///
  /// - Throws: The `TextError` that `append(_:isEnded:)` throws for the line.
  package mutating func hold(_ line: String, isEnded: Bool) throws {
    unscored += try text.append(line, number: lineCount + 1, isEnded: isEnded)
    lineCount += 1
    open.append((lineCount, emptyScore))
  }

  /// Scores the lines that have been appended, and returns the scores of those that are complete, in their order.
  ///
  /// - Throws: `InferenceError.notFinite`.
  package mutating func scoreHeld() throws -> [LineScore] {
    let tokens = unscored
    unscored = []
    return try add(tokens)
  }

  /// Ends the text and returns the scores of the last lines.
  ///
  /// - Throws: `InferenceError.notFinite`.
  public mutating func finish() throws -> [LineScore] {
    unscored += try text.finish()
    return try scoreHeld()
  }

  /// Scores a separate text, to which a line end is added; it does not depend on the appended lines.
  ///
  /// - Throws: `TextError`, `InferenceError.notFinite`.
  public func score(_ line: String) throws -> LineScore {
    var (reading, score) = (TextReading(beginning), emptyScore)
    try add(TextTokens.tokens(of: line + "\n", tokenizer), by: &reading) { token, _ in score.add(token) }
    return score
  }

  private var emptyScore: LineScore {
    var score = LineScore()
    if includesTokens { score.tokens = [] }
    return score
  }

  private mutating func add(_ tokens: [TextToken]) throws -> [LineScore] {
    var place = 0
    try add(tokens, by: &reading) { token, line in
      while open[place].number < line { place += 1 }
      open[place].score.add(token)
    }
    let held = text.heldLine ?? .max
    defer { open.removeAll { $0.number < held } }
    return open.prefix { $0.number < held }.map(\.score)
  }

  /// Calls `body` with the score of each token and the line that it begins in.
  private func add(
    _ tokens: [TextToken], by reading: inout TextReading, _ body: (_ token: LineScore.Token, _ line: Int) -> Void
  ) throws {
    let unknownID = tokenizer.vocabulary.unknownID
    func score(_ token: TextToken, _ logProbability: Double, rank: Int) {
      body(
        LineScore.Token(
          id: token.id, logProbability: logProbability, rank: rank, isUnknown: token.id == unknownID), token.line)
    }
    for (token, own) in zip(tokens, try reading.score(tokens, ranked: includesTokens)) {
      if let own { score(token, own.logProbability, rank: own.rank) }
    }
  }
}

extension LineScore {
  /// Adds a token, and lists it if tokens are listed.
  fileprivate mutating func add(_ token: Token) {
    logProbability += token.logProbability
    tokenCount += 1
    if token.isUnknown { unknownCount += 1 } else { knownLogProbability += token.logProbability }
    tokens?.append(token)
  }
}
