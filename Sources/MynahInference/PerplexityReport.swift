import Foundation
import MynahIO
public import MynahModels
import MynahTensors
public import MynahText

/// How well a model predicts a text, with all that was counted.
public struct PerplexityReport: Hashable, Sendable {
  /// The negative log-probability of the targets, in nats.
  public let loss: Loss
  /// How many targets are tokens that the vocabulary lacks, predicted as `<unk>`.
  public private(set) var unknownCount: Int
  /// The length of what was predicted in Unicode scalars, line ends included.
  public private(set) var characterCount: Int
  /// Whether `<eos>` was the first input, so that every token of the text was predicted; otherwise the first token of the
  /// text was context only.
  public let startsAfterEndOfSentence: Bool

  /// exp(nats / targets).
  public var perplexity: Double { loss.perplexity }
  /// Bits a predicted character: nats / ln 2 / characters; it compares models of different vocabularies.
  public var bitsPerCharacter: Double { loss.nats / log(2) / Double(characterCount) }

  /// exp(nats / units): the perplexity of units that the text has whatever a model's tokens are, such as its words or bytes (`TextLength`).
  ///
  /// It compares models of different tokens, as long as none reads words as unknown: the letters of those are not predicted.
  public func perplexity(by unitCount: Int) -> Double { exp(loss.nats / Double(unitCount)) }

  init(loss: Loss, unknownCount: Int, characterCount: Int, startsAfterEndOfSentence: Bool) {
    (self.loss, self.unknownCount, self.characterCount) = (loss, unknownCount, characterCount)
    self.startsAfterEndOfSentence = startsAfterEndOfSentence
  }

  /// Takes the text's first token, which is context only, out of what is counted; the length of an unknown one is lost, and
  /// counts as 1.
  fileprivate mutating func leaveOut(first id: Int32, _ tokenizer: some Tokenizer) {
    let isUnknown = id == tokenizer.vocabulary.unknownID && unknownCount > 0
    unknownCount -= isUnknown ? 1 : 0
    characterCount -= isUnknown ? 1 : tokenizer.characterCount(of: id)
  }
}

extension Predictor {
  /// How well a predictor that has not begun a text predicts one, carried through to its end.
  ///
  /// A text whose line ends are a token of their own, `<eos>`, begins after one, so every token is predicted, line ends included;
  /// another text's first token is context only.
  ///
  /// - Parameter tokenizer: The tokenizer that the text was encoded with.
  /// - Throws: `FileError.emptyText` if nothing is left to predict, `InferenceError.notFinite`.
  public func perplexity(of text: EncodedText, tokenizer: some Tokenizer) throws -> PerplexityReport {
    let start = tokenizer.endOfSentenceID
    guard let first = start ?? text.ids.first, text.ids.count > (start == nil ? 1 : 0) else {
      throw FileError.emptyText(path: "the text to evaluate")
    }
    var predictor = self
    try predictor.read([first])
    let scores = try predictor.score(start == nil ? Array(text.ids.dropFirst()) : text.ids)
    var report = PerplexityReport(
      loss: Loss(nats: -scores.reduce(0, +), targetCount: scores.count), unknownCount: text.unknownCount,
      characterCount: text.characterCount, startsAfterEndOfSentence: start != nil)
    if start == nil { report.leaveOut(first: first, tokenizer) }
    return report
  }
}

extension InferenceModel {
  /// How well the model predicts a text: from the zero state, carried through to the end, nothing dropped.
  ///
  /// - Throws: `FileError.emptyText` if nothing is left to predict, `InferenceError.notFinite`.
  public func perplexity(of text: EncodedText, tokenizer: some Tokenizer) throws -> PerplexityReport {
    try NeuralPredictor(self).perplexity(of: text, tokenizer: tokenizer)
  }
}

extension LanguageModel {
  /// How well the model predicts a text; see `InferenceModel.perplexity`, which is the place to ask for several texts.
  ///
  /// - Throws: `FileError.emptyText` if nothing is left to predict, `InferenceError.notFinite`.
  public func perplexity(of text: EncodedText, tokenizer: some Tokenizer) throws -> PerplexityReport {
    try InferenceModel(self, precision: .ofProducts).perplexity(of: text, tokenizer: tokenizer)
  }

  /// The loss of predicting each token but the first from all before it, in stretches of bounded memory.
  public func loss(of ids: [Int32]) -> Loss { InferenceModel(self, precision: .ofProducts).loss(of: ids) }
}

extension WeightPrecision {
  /// What a trained model's weights are rounded to where products are those of `Precision.current`.
  fileprivate static var ofProducts: WeightPrecision {
    Precision.current == .bfloat16 && Precision.bfloat16.isSupported ? .bfloat16 : .float32
  }
}
