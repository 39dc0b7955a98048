import Foundation
import MynahIO
import MynahModels
import MynahTensors
public import MynahText

/// A beam search for the most probable continuations.
///
/// Continuations are compared by ln p / lp(Y), lp(Y) = ((5 + |Y|) / 6)^α, where |Y| is the number of tokens: Y. Wu et
/// al., "Google's neural machine translation system", 2016, equation 14. One beam is greedy search.
public struct BeamSearch: Hashable, Sendable {
  /// A continuation.
  public struct Hypothesis: Hashable, Sendable {
    /// Its tokens without a stop token at the end.
    public let ids: [Int32]
    /// ln p of all its tokens, including a stop token at its end.
    public let logProbability: Double
    /// The length-normalised log-probability by which continuations are compared.
    public let score: Double
    /// The reason why it ends.
    public let end: GenerationEnd
  }

  /// The number of beams.
  public let beamCount: Int
  /// The maximum number of tokens in a continuation.
  public let length: Int
  /// α: 0 favours short continuations; with 1, the comparison is nearly by mean log-probability per token.
  public let lengthPenalty: Double
  /// Tokens that end a continuation.
  public let stopTokens: Set<Int32>
  /// Tokens that are never generated.
  public let forbidden: Set<Int32>
  /// The positions at which the state is reset; windows do not apply to generated text.
  public let statePolicy: StatePolicy

  /// Creates a search.
  ///
  /// - Precondition: beams and length are positive, the penalty is not negative.
  public init(
    beamCount: Int, length: Int, lengthPenalty: Double = 1, stopTokens: Set<Int32> = [], forbidden: Set<Int32> = [],
    statePolicy: StatePolicy = .carry
  ) {
    require(
      beamCount > 0 && length > 0, "a beam search needs at least 1 beam and 1 token, got \(beamCount) and \(length)")
    require(lengthPenalty >= 0, "a length penalty must not be negative, got \(lengthPenalty)")
    (self.beamCount, self.length, self.lengthPenalty) = (beamCount, length, lengthPenalty)
    (self.stopTokens, self.forbidden, self.statePolicy) = (stopTokens, forbidden, statePolicy)
  }

  /// A continuation that has not ended.
  private struct Beam {
    var ids: [Int32] = []
    var logProbability = 0.0
    var decoder: TokenDecoder
    var text: WrittenText
    /// A Boolean value indicating whether the state is reset after the last token.
    var isReset = false

    mutating func append(_ id: Int32) {
      ids.append(id)
      isReset = text.append(decoder.decode(id))
    }
  }

  /// Returns the best continuations of a prompt, best first: as many as there are beams, or all if there are fewer.
  ///
  /// - Throws: `TextError` if the prompt has an unknown token and the vocabulary has no `<unk>`;
  ///   `InferenceError.notFinite`, or `noSuchToken` for a stop token or a forbidden one that is not in the vocabulary.
  /// - Precondition: the tokenizer has as many tokens as the model.
  public func callAsFunction(
    _ model: InferenceModel, tokenizer: AnyTokenizer, prompt: String
  ) throws -> [Hypothesis] {
    model.check(tokenizer)
    try InferenceError.check(stopTokens.union(forbidden).sorted(), vocabularySize: tokenizer.vocabulary.count)
    let forbidden = forbidden.union(tokenizer.vocabulary.textlessIDs)
    var state = model.initialState()
    var (text, decoder) = (WrittenText(statePolicy), tokenizer.decoder())
    for id in try tokenizer.encodePrompt(prompt).ids { _ = decoder.decode(id) }
    let read = try tokenizer.encodePrompt(String(text.appendingTail(of: prompt).text)).ids
    var logits = try model.finite(model.advance([tokenizer.startID] + read, state: &state))
    var (beams, ended) = ([Beam(decoder: decoder, text: text)], [Hypothesis]())
    for step in 1...length {
      let choices = choices(beams, logits.logSoftmax().elements, without: forbidden)
      var (next, parents) = ([Beam](), [Int]())
      for choice in choices {
        var beam = beams[choice.parent]
        beam.logProbability = choice.logProbability
        if stopTokens.contains(choice.id) {
          ended.append(hypothesis(beam, .stopToken(choice.id), tokenCount: step))
        } else {
          beam.append(choice.id)
          if step == length { ended.append(hypothesis(beam, .length, tokenCount: step)) }
          next.append(beam)
          parents.append(choice.parent)
        }
        if next.count == beamCount { break }
      }
      ended = best(ended)
      if step == length || next.isEmpty || cannotImprove(next, ended) { break }
      state = state.selecting(parents).resetting(next.indices.filter { next[$0].isReset })
      let last = next.map { $0.isReset ? tokenizer.startID : $0.ids[$0.ids.count - 1] }
      logits = try model.finite(model.advance(last, state: &state))
      beams = next
    }
    return ended
  }

  /// Returns the most probable next tokens: enough to fill all beams even if every stop token is among them.
  private func choices(
    _ beams: [Beam], _ logProbabilities: [Float], without forbidden: Set<Int32>
  ) -> [(parent: Int, id: Int32, logProbability: Double)] {
    let vocabularySize = logProbabilities.count / beams.count
    let limit = beamCount + stopTokens.count
    let all = beams.indices.flatMap { parent in
      var row = Array(logProbabilities[parent * vocabularySize..<(parent + 1) * vocabularySize])
      for id in forbidden { row[Int(id)] = -.infinity }
      return row.largest(limit).map { id in
        (parent: parent, id: Int32(id), logProbability: beams[parent].logProbability + Double(row[id]))
      }
    }
    return all.sorted { ($1.logProbability, $0.parent, $0.id) < ($0.logProbability, $1.parent, $1.id) }
  }

  private func hypothesis(_ beam: Beam, _ end: GenerationEnd, tokenCount: Int) -> Hypothesis {
    Hypothesis(
      ids: beam.ids, logProbability: beam.logProbability, score: score(beam.logProbability, tokenCount), end: end)
  }

  private func score(_ logProbability: Double, _ tokenCount: Int) -> Double {
    logProbability / pow(Double(5 + tokenCount) / 6, lengthPenalty)
  }

  private func best(_ ended: [Hypothesis]) -> [Hypothesis] {
    Array(
      ended.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
        .map { $0.element }.prefix(beamCount))
  }

  /// Returns a Boolean value indicating whether no beam can overtake the ended ones: further tokens only lower the
  /// probability, and the longest continuation has the largest divisor.
  private func cannotImprove(_ beams: [Beam], _ ended: [Hypothesis]) -> Bool {
    guard ended.count == beamCount, let worst = ended.last, let best = beams.first else { return false }
    return score(best.logProbability, length) <= worst.score
  }
}
