public import MynahTensors

/// Any cell scanned over a sequence, composed of the cell's own operations.
///
/// What the inputs contribute is computed for the whole sequence at once; then the cell steps through it.
public struct Recurrence<Cell: RecurrentCell>: SequenceLayer {
  public typealias State = Cell.State

  /// The weights and the step.
  public var cell: Cell

  /// Creates a layer from its cell.
  public init(_ cell: Cell) { self.cell = cell }

  public var inputSize: Int { cell.inputSize }
  public var outputSize: Int { cell.outputSize }

  public func zeroState(batchSize: Int) -> State { cell.zeroState(batchSize: batchSize) }

  public func callAsFunction(_ x: Variable, state: State) -> (output: Variable, state: State) {
    precondition(
      x.shape.rank == 3 && x.shape[2] == inputSize && x.shape[1] == state.batchSize,
      "the layer reads [T, \(state.batchSize), \(inputSize)], found \(x.shape)")
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    guard stepCount > 0 && batchSize > 0 else {
      return (Variable(Tensor.zeros([stepCount, batchSize, outputSize])), state)
    }
    let projections = projections(of: x)
    var state = state
    var outputs: [Variable] = []
    for step in 0..<stepCount {
      state = cell.step(projections(step), state: state)
      outputs.append(cell.output(of: state))
    }
    return (Variable.concatenating(outputs).reshaped([stepCount, batchSize, outputSize]), state)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try cell.visitParameters(prefix: prefix, body)
  }

  /// What each step's inputs contribute.
  ///
  /// A product of few rows may be made in another way than one of many and then has other last bits. So that a sequence has the
  /// same ones however it is cut, it depends on the batch alone whether steps are projected together.
  private func projections(of x: Variable) -> (Int) -> Variable {
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    let rows = x.reshaped([stepCount * batchSize, inputSize])
    guard batchSize > Self.fewRows else {
      return { cell.projection(of: rows.slice($0 * batchSize..<($0 + 1) * batchSize)) }
    }
    let all = cell.projection(of: rows)
    return { all.slice($0 * batchSize..<($0 + 1) * batchSize) }
  }

  private static var fewRows: Int { 12 }
}
