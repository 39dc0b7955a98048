import MynahIO
public import MynahModels
public import MynahTensors

/// A network that reads a text with the same passes as in training, optionally with dropout.
///
/// Its weights are not packed, so it is slower than `NeuralPredictor`.
///
/// The mean of the probabilities under several sets of dropout masks is Monte Carlo dropout, an approximation of
/// Bayesian inference:
///
/// ```swift
/// let passes = (0..<100).map { ModelPredictor(model, dropout: RandomSource(seed: 1, stream: $0)) }
/// let predictor = MixturePredictor(passes)
/// ```
///
/// Y. Gal, Z. Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016,
/// section 4: one set of masks per pass, the same at every step.
public struct ModelPredictor: HiddenPredictor {
  /// The model.
  public internal(set) var model: LanguageModel
  private let masks: DropoutMasks?
  /// The state before the last token, and that token.
  private(set) var state: RecurrentState
  private(set) var last: Int32?

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - model: The trained model.
  ///   - dropout: The source of one set of masks at the model's dropout rates, which are the same for the whole text;
  ///     nil for no dropout.
  public init(_ model: LanguageModel, dropout: RandomSource? = nil) {
    var rates = model.configuration.dropout
    rates.isVariational = true
    self.model = model
    masks = dropout.map { DropoutMasks(rates, random: $0) }
    state = model.initialState(batchSize: 1)
  }

  public var vocabularySize: Int { model.configuration.vocabularySize }

  public mutating func read(_ ids: [Int32]) throws {
    try check(ids)
    for first in stride(from: 0, to: ids.count, by: scoringLength) {
      let piece = Array(ids[first..<min(first + scoringLength, ids.count)])
      let inputs = (last.map { [$0] } ?? []) + piece.dropLast()
      if !inputs.isEmpty { state = pass(inputs).state }
      last = piece.last
    }
  }

  public mutating func logProbabilities() throws -> [Double] {
    let step = step()
    let logProbabilities = model.output(after: step).logits(of: step.output.rows).value.elements.logSoftmax()
    guard logProbabilities.allSatisfy(\.isFinite) else { throw InferenceError.notFinite }
    return logProbabilities
  }

  public mutating func hidden() throws -> [Float] { step().output.rows.value.elements }

  public mutating func score(_ ids: [Int32]) throws -> [Double] { try scoreReturningHidden(ids).logProbabilities }

  public mutating func scoreReturningHidden(_ ids: [Int32]) throws -> (logProbabilities: [Double], hidden: [Float]) {
    try reading(ids) { output, hidden in
      let losses = output.negativeLogProbabilities(of: hidden, targets: ids)
      guard losses.nats.isFinite else { throw InferenceError.notFinite }
      return (losses.rows.elements.map { -Double($0) }, hidden.elements)
    } ?? ([], [])
  }

  public mutating func logitsReturningHidden(reading ids: [Int32]) throws -> (logits: Tensor, hidden: [Float]) {
    try reading(ids) { output, hidden in
      // A product of a few rows has the same bits for any number of rows.
      let parts = stride(from: 0, to: ids.count, by: 8).map {
        output.logits(of: Variable(hidden.slice($0..<min($0 + 8, ids.count)))).value
      }
      let logits = Tensor.concatenating(parts)
      guard logits.elements.allSatisfy(\.isFinite) else { throw InferenceError.notFinite }
      return (logits, hidden.elements)
    } ?? (.zeros([0, vocabularySize]), [])
  }

  /// Reads tokens and returns results of the output layer and the vectors that they were predicted from, [T, H]; nil
  /// without tokens.
  private mutating func reading<Results>(
    _ ids: [Int32], _ results: (any OutputLayer, Tensor) throws -> Results
  ) throws -> Results? {
    require(last != nil || ids.isEmpty, "a text has to begin before it is scored")
    try check(ids)
    guard let last, let next = ids.last else { return nil }
    let read = pass([last] + ids.dropLast())
    let found = try results(model.output(after: read), read.output.rows.value)
    (state, self.last) = (read.state, next)
    return found
  }

  /// Returns the pass from whose output, [1, 1, H], the next token is predicted.
  private func step() -> RecurrentStack.Pass {
    guard let last else { requirementFailure("a text has to begin before a token is predicted") }
    return pass([last])
  }

  private func pass(_ ids: [Int32]) -> RecurrentStack.Pass {
    model.stack.pass(model.embedding, ids, state: state, masks: masks).pass
  }
}
