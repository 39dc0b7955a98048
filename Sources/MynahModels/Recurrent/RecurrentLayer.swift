import MynahIO
public import MynahTensors

/// A recurrent layer of any kind of cell over whole sequences.
///
/// ```swift
/// var random = RandomSource(seed: 1)
/// let layer = RecurrentLayer(.lstm(256), inputSize: 100, initializer: .uniform(0.1), using: &random)
/// let (output, state) = layer(SequenceBatch(x), state: layer.zeroState(batchSize: 32))
/// ```
///
/// Kinds with fused kernels (all built-in kinds except the mogrifier LSTM) run as one operation with a hand-written
/// backward pass; other kinds run the cell's own operations, step by step.
public struct RecurrentLayer: SequenceLayer {
  /// The kind of the layer's cell.
  public let kind: CellKind
  /// The layer's sizes and settings.
  public let shape: LayerShape
  /// The specs of the parameters, in the order of `values`.
  let specs: [ParameterSpec]
  /// The parameters.
  var values: [Variable]

  /// Creates a layer from its parameters, whose order and shapes are those of the kind's specs.
  init(_ kind: CellKind, _ shape: LayerShape, values: [Variable]) {
    (self.kind, self.shape, self.values) = (kind, shape, values)
    specs = kind.parameters(shape)
    require(
      values.map(\.shape) == specs.map(\.shape),
      "a layer of kind '\(kind.name)' has parameters of the shapes \(specs.map(\.shape)), found \(values.map(\.shape))")
  }

  /// Creates a layer from its parameters, whose order and shapes are those of the kind's specs.
  ///
  /// - Precondition: the configuration names the kind.
  public init(_ configuration: LayerConfiguration, of kind: CellKind, inputSize: Int, parameters: [Variable]) {
    self.init(kind, LayerShape(configuration, of: kind, inputSize: inputSize), values: parameters)
  }

  /// Creates a layer with randomly initialised weights; biases start at the values of their specs.
  ///
  /// - Precondition: the layer can be built of one of the kinds.
  public init(
    _ configuration: LayerConfiguration, inputSize: Int, kinds: CellKinds = .standard, initializer: Initializer,
    using random: inout RandomSource
  ) {
    do throws(ModelError) {
      let kind = try configuration.kind(in: kinds)
      let shape = LayerShape(configuration, of: kind, inputSize: inputSize)
      self.init(
        kind, shape,
        values: kind.parameters(shape).map {
          Variable($0.draw(initializer, hiddenSize: shape.hiddenSize, using: &random))
        })
    } catch {
      requirementFailure(error.description)
    }
  }

  public var inputSize: Int { shape.inputSize }
  public var outputSize: Int { kind.outputSize(shape) }

  public func zeroState(batchSize: Int) -> LayerState {
    let parts = kind.state(shape)
    return LayerState(
      names: parts.map(\.key), parts: parts.map { Variable(Tensor.zeros([batchSize, $0.value])) })
  }

  /// The cell with the layer's parameters.
  public var cell: any RecurrentCell { kind.cell(shape, values) }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    for index in specs.indices { try body(specs[index].prefixed(by: prefix), &values[index]) }
  }
}

// MARK: Passes

extension RecurrentLayer {
  public func callAsFunction(_ x: SequenceBatch, state: LayerState) -> (output: SequenceBatch, state: LayerState) {
    check(x, state)
    guard let lengths = x.lengths else {
      let result = pass(x, state: state)
      return (x.with(result.output), result.state)
    }
    // One pass up to each distinct length: between two lengths, the same rows are real.
    let inputs = x.masked().values
    var (state, start) = (state, 0)
    var outputs: [Variable] = []
    for end in Set(lengths).sorted() where end > start {
      let mask = Tensor(shape: [x.batchSize, 1], lengths.map { $0 >= end ? 1 : 0 })
      let result = pass(SequenceBatch(inputs.slice(start..<end)), state: state)
      outputs.append(result.output.masked(by: mask))
      state = result.state.masked(by: mask, otherwise: state)
      start = end
    }
    if start < x.stepCount || outputs.isEmpty {
      outputs.append(Variable(Tensor.zeros([x.stepCount - start, x.batchSize, outputSize])))
    }
    return (x.with(outputs.count == 1 ? outputs[0] : .concatenating(outputs)), state)
  }

  /// Runs sequences whose steps are all real.
  private func pass(_ x: SequenceBatch, state: LayerState) -> (output: Variable, state: LayerState) {
    guard x.stepCount > 0 && x.batchSize > 0 else {
      return (Variable(Tensor.zeros([x.stepCount, x.batchSize, outputSize])), state)
    }
    guard let scan = kind.scan?(shape) else { return composed(x.values, state: state) }
    return scan.pass(x, state: state, outputSize: outputSize, shape: shape, specs: specs, parameters: values)
  }

  /// Runs sequences step by step with the cell's own operations, the reference for tests of the fused kernels.
  package func composed(_ x: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    let cell = cell
    let projection = projection(of: x, by: cell)
    var state = state
    var outputs: [Variable] = []
    for step in 0..<stepCount {
      let next = cell.step(projection(step), state: state)
      outputs.append(next.output)
      state = next.state
    }
    return (Variable.concatenating(outputs).reshaped([stepCount, batchSize, outputSize]), state)
  }

  /// Returns the inputs' contribution to each step.
  ///
  /// A matrix product of few rows may be computed differently from one of many, and then differs in the last bits. So
  /// the batch size alone decides whether steps are projected together: results are bit-identical however a sequence is
  /// split.
  private func projection(of x: Variable, by cell: any RecurrentCell) -> (Int) -> Variable {
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    let rows = x.reshaped([stepCount * batchSize, inputSize])
    guard batchSize > Kernels.fewRows else {
      return { cell.projection(of: rows.slice($0 * batchSize..<($0 + 1) * batchSize)) }
    }
    let all = cell.projection(of: rows)
    return { all.slice($0 * batchSize..<($0 + 1) * batchSize) }
  }

  private func check(_ x: SequenceBatch, _ state: LayerState) {
    let expected = kind.state(shape).map { ($0.key, [x.batchSize, $0.value] as Shape) }
    require(
      x.featureCount == inputSize && state.names == expected.map(\.0) && state.parts.map(\.shape) == expected.map(\.1),
      "a layer of kind '\(kind.name)' needs inputs [T, \(x.batchSize), \(inputSize)] and a state of \(expected), "
        + "found \(x.shape) and \(zip(state.names, state.parts.map(\.shape)).map { ($0, $1) })")
  }
}
