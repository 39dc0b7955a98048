import Foundation
package import MynahIO
public import MynahModels
import MynahTensors
public import MynahText

/// The perplexity of a text, with the losses and counts that it is computed from.
public struct PerplexityReport: Hashable, Sendable {
  /// The negative log-probability of the targets, in nats.
  public let loss: Loss
  /// The loss of the targets that are not `<unk>`.
  public let knownLoss: Loss
  /// The number of targets that are not in the vocabulary and are predicted as `<unk>`.
  public let unknownCount: Int
  /// The length of the predicted text in Unicode scalars, including line ends.
  public let characterCount: Int
  /// A Boolean value indicating whether every token was predicted; if not, the first token of each text was context
  /// only.
  public let predictsEveryToken: Bool

  /// The perplexity, exp(nats / targets).
  public var perplexity: Double { loss.perplexity }
  /// The perplexity of the targets that are not `<unk>`; nil if there are none.
  ///
  /// The predictions after an unknown token still depend on it.
  public var perplexityWithoutUnknown: Double? { knownLoss.targetCount == 0 ? nil : knownLoss.perplexity }
  /// Bits per predicted character, nats / ln 2 / characters; comparable between models with different vocabularies.
  public var bitsPerCharacter: Double { loss.nats / log(2) / Double(characterCount) }

  /// Returns exp(nats / units): the perplexity per unit of the text that does not depend on the tokens, such as its
  /// words or bytes (`TextLength`).
  ///
  /// It is comparable between models with different tokens, unless one of them reads words as unknown: the letters of
  /// unknown words are not predicted.
  public func perplexity(by unitCount: Int) -> Double { exp(loss.nats / Double(unitCount)) }

  /// Creates a report that does not count the tokens that are context only.
  ///
  /// The length of an unknown token is not known and counts as 1.
  init(_ loss: Loss, known: Loss, context: [Int32], of text: TextTokens, _ tokenizer: AnyTokenizer) {
    let unknownID = text.unknownCount > 0 ? tokenizer.vocabulary.unknownID : nil
    (self.loss, knownLoss) = (loss, known)
    unknownCount = text.unknownCount - context.count { $0 == unknownID }
    characterCount =
      text.characterCount - context.reduce(0) { $0 + ($1 == unknownID ? 1 : tokenizer.characterCount(of: $1)) }
    predictsEveryToken = context.isEmpty
  }
}

extension Predictor {
  /// Returns the perplexity of a text for a predictor that has not begun one.
  ///
  /// If the vocabulary has a line end, a text begins after it, so that every token is predicted, including line ends.
  /// Otherwise, the first token of a text is context only.
  ///
  /// - Parameters:
  ///   - tokenizer: The model's tokenizer.
  ///   - policy: The positions at which the state is reset.
  ///   - report: Called with the progress after each `scoringLength` tokens; an error that it throws ends the reading.
  /// - Throws: `InferenceError.nothingToPredict`, `TextError.unknownToken`, `InferenceError.notFinite`, and what
  ///   `report` throws.
  public func perplexity(
    of text: String, tokenizer: AnyTokenizer, policy: StatePolicy = .carry,
    report: (TextProgress) throws -> Void = { _ in }
  ) throws -> PerplexityReport {
    try perplexity(of: text, tokenizer: tokenizer, policy: policy, sharing: nil, report: report)
  }

  /// Returns the perplexity of a text that several processes share; all of them get the same report.
  package func perplexity(
    of text: String, tokenizer: AnyTokenizer, policy: StatePolicy, sharing: WorkSharing?,
    report: (TextProgress) throws -> Void
  ) throws -> PerplexityReport {
    var (read, reading) = (TextTokens(tokenizer, policy: policy), TextReading(self, sharing: sharing))
    var (loss, known, context, tokenCount) = (Loss(), Loss(), [Int32](), 0)
    let unknownID = tokenizer.vocabulary.unknownID
    try read.append(wholeText: text, inPiecesOf: scoringLength * (sharing?.rankCount ?? 1)) { tokens, share in
      for (token, score) in zip(tokens, try reading.score(tokens)) {
        guard let score else {
          context.append(token.id)
          continue
        }
        let one = Loss(nats: -score.logProbability, targetCount: 1)
        loss += one
        if token.id != unknownID { known += one }
      }
      tokenCount += tokens.count
      try report(TextProgress(tokenCount: tokenCount, share: share))
    }
    guard loss.targetCount > 0 else { throw InferenceError.nothingToPredict(tokenCount: context.count) }
    return PerplexityReport(loss, known: known, context: context, of: read, tokenizer)
  }
}

extension InferenceModel {
  /// Returns the perplexity of a text, without dropout.
  ///
  /// - Parameters:
  ///   - policy: The positions at which the state is reset.
  ///   - report: Called periodically with the progress; an error that it throws ends the reading.
  /// - Throws: `InferenceError.nothingToPredict`, `TextError.unknownToken`, `InferenceError.notFinite`, and what
  ///   `report` throws.
  public func perplexity(
    of text: String, tokenizer: AnyTokenizer, policy: StatePolicy = .carry,
    report: (TextProgress) throws -> Void = { _ in }
  ) throws -> PerplexityReport {
    try NeuralPredictor(self).perplexity(of: text, tokenizer: tokenizer, policy: policy, report: report)
  }
}

extension LanguageModel {
  /// Returns the perplexity of a text; for several texts pack the weights once and use `InferenceModel.perplexity`.
  ///
  /// - Parameters:
  ///   - policy: The positions at which the state is reset.
  ///   - report: Called periodically with the progress; an error that it throws ends the reading.
  /// - Throws: `InferenceError.nothingToPredict`, `TextError.unknownToken`, `InferenceError.notFinite`, and what
  ///   `report` throws.
  public func perplexity(
    of text: String, tokenizer: AnyTokenizer, policy: StatePolicy = .carry,
    report: (TextProgress) throws -> Void = { _ in }
  ) throws -> PerplexityReport {
    try perplexity(of: text, tokenizer: tokenizer, policy: policy, sharing: nil, report: report)
  }

  /// Returns the perplexity of a text that several processes share; all of them get the same report.
  package func perplexity(
    of text: String, tokenizer: AnyTokenizer, policy: StatePolicy, sharing: WorkSharing?,
    report: (TextProgress) throws -> Void
  ) throws -> PerplexityReport {
    try NeuralPredictor(InferenceModel(self, precision: .ofProducts)).perplexity(
      of: text, tokenizer: tokenizer, policy: policy, sharing: sharing, report: report)
  }

  /// Returns the loss of predicting each token but the first from all before it, in bounded memory.
  ///
  /// - Throws: `InferenceError.noSuchToken` if an id is not in the vocabulary.
  public func loss(of ids: [Int32]) throws(InferenceError) -> Loss {
    try InferenceModel(self, precision: .ofProducts).loss(of: ids)
  }
}

extension WeightPrecision {
  /// The precision of the weights for products in `Precision.current`.
  fileprivate static var ofProducts: WeightPrecision {
    Precision.current == .bfloat16 && Precision.bfloat16.isSupported ? .bfloat16 : .float32
  }
}
