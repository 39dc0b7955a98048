import MynahIO
public import MynahModels
public import MynahTensors

/// A recurrent network that reads a text.
///
/// It stores the state of the network, not the text: `memory` takes a few kilobytes, regardless of the length of the
/// text.
public struct NeuralPredictor: HiddenPredictor {
  /// The state after a text, which can be stored; a predictor created from it continues with the same bits.
  public struct Memory: Equatable, Codable, Sendable {
    /// The state before the last token.
    public internal(set) var state: RecurrentState
    /// The last token, which the network reads only when it is known whether logits are needed after it.
    public internal(set) var last: Int32?

    /// Returns a Boolean value indicating whether a model can continue from it.
    public func fits(_ model: InferenceModel) -> Bool {
      model.fits(state) && last.map { (0..<Int32(model.configuration.vocabularySize)).contains($0) } ?? true
    }
  }

  /// The results of reading the last token.
  private struct Step: Sendable {
    let state: RecurrentState
    let logProbabilities: [Double]
    let hidden: [Float]
  }

  /// The network.
  public let model: InferenceModel
  /// The state after the text so far.
  public private(set) var memory: Memory
  private var step: Step?

  /// Begins a text.
  public init(_ model: InferenceModel) {
    self.model = model
    memory = Memory(state: model.initialState(), last: nil)
  }

  /// Continues a text.
  ///
  /// - Precondition: the memory comes from a model of this shape.
  public init(_ model: InferenceModel, memory: Memory) {
    require(memory.fits(model), "the memory belongs to another model")
    (self.model, self.memory) = (model, memory)
  }

  public var vocabularySize: Int { model.configuration.vocabularySize }

  public mutating func read(_ ids: [Int32]) throws {
    guard let last = ids.last else { return }
    try check(ids)
    if let step {
      memory.state = step.state
      model.read(Array(ids.dropLast()), state: &memory.state)
    } else {
      model.read((memory.last.map { [$0] } ?? []) + ids.dropLast(), state: &memory.state)
    }
    (memory.last, step) = (last, nil)
  }

  public mutating func logProbabilities() throws -> [Double] { try currentStep().logProbabilities }

  public mutating func hidden() throws -> [Float] { try currentStep().hidden }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    guard let first = ids.first, let last = ids.last else { return [] }
    try check(ids)
    var result: [Double] = []
    if let step {
      result.append(step.logProbabilities[Int(first)])
      memory.state = step.state
    } else {
      require(memory.last != nil, "a text has to begin before it is scored")
      result += model.negativeLogProbabilities(of: [first], after: [memory.last ?? 0], state: &memory.state).map { -$0 }
    }
    result += model.negativeLogProbabilities(
      of: Array(ids.dropFirst()), after: Array(ids.dropLast()), state: &memory.state
    )
    .map { -$0 }
    (memory.last, step) = (last, nil)
    guard result.allSatisfy(\.isFinite) else { throw InferenceError.notFinite }
    return result
  }

  public mutating func scoreReturningHidden(_ ids: [Int32]) throws -> (logProbabilities: [Double], hidden: [Float]) {
    guard let last = memory.last else { requirementFailure("a text has to begin before it is scored") }
    guard let next = ids.last else { return ([], []) }
    try check(ids)
    let result = model.scored(ids, after: [last] + ids.dropLast(), state: &memory.state, returningHidden: true)
    guard result.nats.allSatisfy(\.isFinite) else { throw InferenceError.notFinite }
    (memory.last, step) = (next, nil)
    return (result.nats.map { -$0 }, result.hidden)
  }

  public mutating func logitsReturningHidden(reading ids: [Int32]) throws -> (logits: Tensor, hidden: [Float]) {
    guard let last = memory.last else { requirementFailure("a text has to begin before a token") }
    guard let next = ids.last else { return (.zeros([0, vocabularySize]), []) }
    try check(ids)
    let (logits, hidden) = model.logits(afterEach: [last] + ids.dropLast(), state: &memory.state)
    (memory.last, step) = (next, nil)
    return (try model.finite(logits), hidden.elements)
  }

  private mutating func currentStep() throws -> Step {
    if let step { return step }
    guard let last = memory.last else { requirementFailure("a text has to begin before a token is predicted") }
    var state = memory.state
    let (logits, hidden) = model.advance([last], state: &state, returningHidden: true)
    let made = Step(
      state: state, logProbabilities: try model.finite(logits).elements.logSoftmax(), hidden: hidden?.elements ?? [])
    step = made
    return made
  }
}
