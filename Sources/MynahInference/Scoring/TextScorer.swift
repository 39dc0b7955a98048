import Foundation
import MynahModels
import MynahTensors
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

  private let model: InferenceModel
  private let tokenizer: AnyTokenizer
  private let policy: StatePolicy
  private let tellsTokens: Bool
  private var state: InferenceState
  /// The last token, which the model has not read yet; nil before a text without a beginning.
  private var last: Int32?

  /// Creates a scorer.
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
    precondition(
      tokenizer.vocabulary.count == model.configuration.vocabularySize,
      "a tokenizer of \(tokenizer.vocabulary.count) tokens does not fit a model of \(model.configuration.vocabularySize)"
    )
    (self.model, self.tokenizer, self.policy, self.tellsTokens) = (model, tokenizer, policy, tellsTokens)
    state = model.initialState()
    last = tokenizer.textStartID
  }

  /// Scores the next line.
  ///
  /// - Parameter line: The line without its end.
  /// - Throws: `TextError` if it has a token that the model does not know and cannot read as `<unk>`; `InferenceError.notFinite`.
  ///   The next line is then scored as if this one had not been there.
  public mutating func score(_ line: String) throws -> LineScore {
    let ids = try tokenizer.encode(line + "\n").ids
    if policy == .reset { beginText() }
    let score = try score(ids)
    if policy == .documents && line.allSatisfy(\.isWhitespace) { beginText() }
    return score
  }

  private mutating func beginText() {
    state = model.initialState()
    last = tokenizer.textStartID
  }

  private mutating func score(_ ids: [Int32]) throws -> LineScore {
    var (result, state) = (LineScore(), state)
    if tellsTokens { result.tokens = [] }
    let inputs = (last.map { [$0] } ?? []) + ids.dropLast()
    let targets = Array(ids.suffix(inputs.count))
    guard let final = targets.last ?? ids.last else { return result }
    if tellsTokens {
      for (input, target) in zip(inputs, targets) { result.append(token(target, after: input, &state)) }
    } else {
      let losses = model.negativeLogProbabilities(of: targets, after: inputs, state: &state)
      for (target, loss) in zip(targets, losses) { result.add(-loss, isUnknown: target == unknownID) }
    }
    guard result.logProbability.isFinite else { throw InferenceError.notFinite }
    (self.state, last) = (state, final)
    return result
  }

  private var unknownID: Int32? { tokenizer.vocabulary.unknownID }

  /// The score of one token, its rank among all.
  private func token(_ target: Int32, after input: Int32, _ state: inout InferenceState) -> LineScore.Token {
    let logits = model.advance([input], state: &state).elements
    let own = logits[Int(target)]
    let largest = Double(logits.max() ?? 0)
    var (sum, ahead) = (0.0, 0)
    for (id, logit) in logits.enumerated() {
      sum += exp(Double(logit) - largest)
      if logit > own || logit == own && id < Int(target) { ahead += 1 }
    }
    let logProbability = Double(own) - largest - log(sum)
    return LineScore.Token(
      id: target, logProbability: logProbability, rank: ahead + 1, isUnknown: target == unknownID)
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
