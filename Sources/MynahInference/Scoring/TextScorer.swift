public import MynahText

/// Scores a text line by line, in constant memory however long it is.
///
/// ```swift
/// var scorer = TextScorer(InferenceModel(file.model), tokenizer: file.tokenizer)
/// let score = try scorer.score("the cat sat")
/// print(score.logProbability, score.perplexity)
/// ```
///
/// A line is what its tokenizer makes of it with its line end. A text begins after a line end, in whichever form the vocabulary
/// has it; a model without one takes the first token of a text as context only.
public struct TextScorer: Sendable {
  /// What a line knows of those before it.
  public enum StatePolicy: String, Hashable, Sendable, CaseIterable {
    /// Nothing: each line is a text.
    case reset
    /// All: the lines are one text.
    case carry
    /// What came since the last empty line; an empty line ends a text.
    case documents
  }

  private let tokenizer: AnyTokenizer
  private let policy: StatePolicy
  private let tellsTokens: Bool
  /// What a text begins with.
  private let beginning: any Predictor
  private var predictor: any Predictor
  /// Whether the text has begun: a model without a beginning takes its first token as context only.
  private var hasBegun: Bool

  /// Creates a scorer by a network.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: How texts become its tokens.
  ///   - policy: What a line knows of those before it.
  ///   - tellsTokens: Whether scores tell of each token; this takes as many passes through the output as there are tokens.
  /// - Precondition: the tokenizer has as many tokens as the model.
  public init(
    _ model: InferenceModel, tokenizer: AnyTokenizer, policy: StatePolicy = .reset,
    tellingTokens tellsTokens: Bool = false
  ) {
    self.init(NeuralPredictor(model), tokenizer: tokenizer, policy: policy, tellingTokens: tellsTokens)
  }

  /// Creates a scorer by any predictor that has not begun a text.
  ///
  /// - Precondition: the tokenizer has as many tokens as the predictor.
  public init(
    _ predictor: any Predictor, tokenizer: AnyTokenizer, policy: StatePolicy = .reset,
    tellingTokens tellsTokens: Bool = false
  ) {
    predictor.check(tokenizer)
    (self.tokenizer, self.policy, self.tellsTokens) = (tokenizer, policy, tellsTokens)
    (beginning, self.predictor, hasBegun) = (predictor, predictor, false)
  }

  /// Goes on with a text that was begun.
  ///
  /// - Parameter predictor: What has read the text until here.
  public init(
    continuing predictor: any Predictor, tokenizer: AnyTokenizer, tellingTokens tellsTokens: Bool = false
  ) {
    self.init(predictor, tokenizer: tokenizer, policy: .carry, tellingTokens: tellsTokens)
    hasBegun = true
  }

  /// What has read all lines until here: a value that can be kept.
  public var state: any Predictor { predictor }

  /// Scores the next line.
  ///
  /// - Parameter line: The line without its end.
  /// - Throws: `TextError` if it has a token that the model does not know and cannot read as `<unk>`: the next line is then scored as
  ///   if this one had not been there. `InferenceError.notFinite`.
  public mutating func score(_ line: String) throws -> LineScore {
    let ids = try tokenizer.encode(line + "\n").ids
    if policy == .reset { beginText() }
    let score = try score(ids)
    if policy == .documents && line.allSatisfy(\.isWhitespace) { beginText() }
    return score
  }

  private mutating func beginText() {
    guard hasBegun else { return }
    (predictor, hasBegun) = (beginning, false)
  }

  private mutating func score(_ ids: [Int32]) throws -> LineScore {
    var (result, targets) = (LineScore(), ids[...])
    if tellsTokens { result.tokens = [] }
    if !hasBegun, let first = tokenizer.textStartID ?? targets.popFirst() {
      try predictor.read([first])
      hasBegun = true
    }
    if tellsTokens {
      for target in targets { result.append(try token(target)) }
    } else if !targets.isEmpty {
      let scores = try predictor.score(Array(targets))
      for (target, score) in zip(targets, scores) { result.add(score, isUnknown: target == unknownID) }
    }
    return result
  }

  private var unknownID: Int32? { tokenizer.vocabulary.unknownID }

  /// The score of one token, its rank among all.
  private mutating func token(_ target: Int32) throws -> LineScore.Token {
    let all = try predictor.logProbabilities()
    try predictor.read([target])
    return LineScore.Token(
      id: target, logProbability: all[Int(target)], rank: all.rank(of: target), isUnknown: target == unknownID)
  }
}

extension LineScore {
  fileprivate mutating func add(_ logProbability: Double, isUnknown: Bool) {
    self.logProbability += logProbability
    tokenCount += 1
    if isUnknown { (unknownLogProbability, unknownCount) = (unknownLogProbability + logProbability, unknownCount + 1) }
  }

  fileprivate mutating func append(_ token: Token) {
    add(token.logProbability, isUnknown: token.isUnknown)
    tokens?.append(token)
  }
}
