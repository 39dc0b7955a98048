import MynahIO
import MynahModels
import MynahTensors

/// A batch of texts that one network generates together; texts can join and leave it at any token.
///
/// A text does not depend on the others: it is identical whether it is generated alone or with others, and whenever it
/// joins.
///
/// ```swift
/// var batch = GenerationBatch(model)
/// let number = batch.join(stream, after: predictor.memory)
/// while !batch.isEmpty { for step in batch.step() { print(try step.result.get().addition) } }
/// ```
public struct GenerationBatch: Sendable {
  /// A token of a text.
  public struct Piece: Hashable, Sendable {
    /// The number of the text; texts are numbered from 0 in the order in which they join.
    public let text: Int
    /// The token that was drawn.
    public let id: Int32
    /// The model's ln p(token | all before it), before the sampler's steps; nil unless the options request it.
    public let logProbability: Double?
    /// The most probable tokens at this position, most probable first: as many as the options request.
    public let alternatives: [TokenPrediction.Alternative]
    /// The text to write now; possible beginnings of a stop string or of a character are held back.
    public let addition: String
    /// The reason why the text ends here; nil if it continues.
    public let end: GenerationEnd?
  }

  /// The result of a step for a text.
  public struct Step: Sendable {
    /// The number of the text.
    public let text: Int
    /// The token, or the error that ends the text.
    public let result: Result<Piece, InferenceError>
    /// The state after the text if it ends here and its options request it.
    ///
    /// It includes the tokens of a stop string.
    public let memory: NeuralPredictor.Memory?
  }

  private struct Member: Sendable {
    let number: Int
    var stream: GenerationStream
    /// The last token, which the network has not read.
    var last: Int32
    /// The number of tokens that the network has read.
    var stepCount: Int
  }

  /// The network.
  public let model: InferenceModel
  private var members: [Member] = []
  /// The states of the members, in their order: batches of rows that the next step concatenates.
  private var states: [RecurrentState] = []
  private var joinedCount = 0

  /// Creates an empty batch.
  public init(_ model: InferenceModel) { self.model = model }

  /// The number of texts that have not ended.
  public var count: Int { members.count }
  /// A Boolean value indicating whether all texts have ended.
  public var isEmpty: Bool { members.isEmpty }

  /// Adds a text, which begins with the next step.
  ///
  /// - Parameters:
  ///   - stream: The text.
  ///   - memory: The state after its prompt.
  /// - Returns: The number of the text; nil if it has no tokens to generate.
  /// - Precondition: the memory comes from a text that has begun and from a model of this shape.
  public mutating func join(_ stream: GenerationStream, after memory: NeuralPredictor.Memory) -> Int? {
    guard let last = memory.last, memory.fits(model) else {
      requirementFailure("a text can join a batch only after its first token and with a state of the batch's model")
    }
    guard stream.options.length > 0 else { return nil }
    defer { joinedCount += 1 }
    members.append(Member(number: joinedCount, stream: stream, last: last, stepCount: memory.state.stepCount))
    states.append(memory.state)
    return joinedCount
  }

  /// Removes some texts.
  ///
  /// - Returns: The removed texts that had not ended, each with its state; a text that joins again with this state
  ///   continues with the same bits.
  @discardableResult
  public mutating func leave(
    _ texts: Set<Int>
  ) -> [(text: Int, stream: GenerationStream, memory: NeuralPredictor.Memory)] {
    let rows = members.indices.filter { texts.contains(members[$0].number) }
    guard !rows.isEmpty else { return [] }
    let state = RecurrentState.concatenating(states)
    states = [state]
    let left = rows.map { row in
      let member = members[row]
      return (
        member.number, member.stream,
        NeuralPredictor.Memory(state: state.row(row, after: member.stepCount), last: member.last)
      )
    }
    keep(members.indices.filter { !texts.contains(members[$0].number) })
    return left
  }

  /// Draws the next token of each text.
  ///
  /// - Returns: The results in the order in which the texts joined; empty if the batch is empty.
  public mutating func step() -> [Step] {
    guard !members.isEmpty else { return [] }
    var state = RecurrentState.concatenating(states)
    states = []
    let logits = model.advance(members.map(\.last), state: &state)
    let isFinite = Kernels.areFinite(logits)
    var randoms = members.map(\.stream.random)
    let draws = Sampler.draws(
      of: members.map(\.stream.sampler), from: logits, at: { members[$0].stream.place }, using: &randoms)
    let predictions = predictions(logits)
    var (steps, going, restarted) = ([Step](), [Int](), [Int]())
    for row in members.indices {
      members[row].stream.random = randoms[row]
      members[row].stepCount += 1
      let number = members[row].number
      let isDamaged = !isFinite && !logits.row(row).allSatisfy(\.isFinite)
      guard let id = draws[row], !isDamaged else {
        steps.append(Step(text: number, result: .failure(isDamaged ? .notFinite : .nothingToDraw), memory: nil))
        continue
      }
      let (addition, end, next, isReset) = members[row].stream.write(id)
      members[row].last = next
      let piece = Piece(
        text: number, id: id, logProbability: predictions[row].map { Double($0[Int(id)]) },
        alternatives: predictions[row].map {
          TokenPrediction.alternatives($0, count: members[row].stream.options.alternativeCount)
        } ?? [], addition: addition, end: end)
      var memory: NeuralPredictor.Memory?
      if end != nil && members[row].stream.options.returnsMemory {
        let own = isReset ? model.initialState() : state.row(row, after: members[row].stepCount)
        memory = NeuralPredictor.Memory(state: own, last: next)
      }
      steps.append(Step(text: number, result: .success(piece), memory: memory))
      if end == nil {
        if isReset { restarted.append(going.count) }
        going.append(row)
      }
    }
    states = [state]
    keep(going)
    if !restarted.isEmpty {
      states[0] = states[0].resetting(restarted)
      for row in restarted { members[row].stepCount = 0 }
    }
    return steps
  }

  /// Keeps some of the texts.
  private mutating func keep(_ rows: [Int]) {
    guard rows.count < members.count else { return }
    members = rows.map { members[$0] }
    states = rows.isEmpty ? [] : [RecurrentState.concatenating(states).selecting(rows)]
  }

  /// Returns the log-probabilities of all tokens for each text that requests them; nil for the other texts.
  private func predictions(_ logits: Tensor) -> [[Float]?] {
    let rows = members.indices.filter { members[$0].stream.options.returnsProbabilities }
    guard !rows.isEmpty else { return members.map { _ in nil } }
    let chosen = rows.count == members.count ? logits : logits.gathered(rows)
    let logProbabilities = chosen.logSoftmax()
    var result = [[Float]?](repeating: nil, count: members.count)
    for (index, row) in rows.enumerated() { result[row] = logProbabilities.row(index) }
    return result
  }
}

extension Tensor {
  /// Returns the elements of a row of a matrix.
  func row(_ index: Int) -> [Float] {
    let size = shape[1]
    return unsafe withUnsafeElements { unsafe Array($0[index * size..<(index + 1) * size]) }
  }
}
