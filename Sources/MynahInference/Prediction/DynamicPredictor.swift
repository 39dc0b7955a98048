import MynahIO
public import MynahModels
public import MynahTensors

/// A network under dynamic evaluation: it continues to learn from the text that it reads.
///
/// Each segment of tokens is predicted with the current weights. After it, the weights take a step against the gradient
/// of the segment's mean loss and decay towards the trained weights:
///
///     θ ← θ + λ min(RMS / mean RMS, 1 / λ) (θ₀ − θ) − η g / (RMS + ε)
///
/// RMS is the root mean square of each gradient on the training text. Without statistics it is 1, and this is gradient
/// descent: θ ← θ + λ (θ₀ − θ) − η g, as in T. Mikolov's rnnlm.
///
/// B. Krause, E. Kahembwe, I. Murray, S. Renals, "Dynamic evaluation of neural sequence models", 2018, equations 5 to
/// 7. A copy shares the weights until one of them learns.
public struct DynamicPredictor: HiddenPredictor {
  /// The settings.
  public let settings: DynamicSettings
  private let origin: [Tensor]
  private let statistics: GradientStatistics?
  private var network: ModelPredictor
  /// The inputs and targets of the current segment, and the state before it.
  private var inputs: [Int32] = []
  private var targets: [Int32] = []
  private var segmentState: RecurrentState

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - model: The trained model; no dropout is applied.
  ///   - settings: The settings of the updates.
  ///   - statistics: The statistics of the gradients on the training text.
  public init(
    _ model: LanguageModel, settings: DynamicSettings = DynamicSettings(), statistics: GradientStatistics? = nil
  ) {
    (network, self.settings, self.statistics) = (ModelPredictor(model), settings, statistics)
    origin = model.parameters.map(\.value)
    segmentState = network.state
  }

  public var vocabularySize: Int { network.vocabularySize }

  /// The number of tokens of a few segments, since each segment takes as long as a training step.
  public var scoringLength: Int { 16 * settings.segmentLength }

  public mutating func read(_ ids: [Int32]) throws {
    try check(ids)
    guard network.last == nil, let first = ids.first else { return try forSegments(of: ids) { _ = try $0.score($1) } }
    // A text's first token is context only.
    try network.read([first])
    try read(Array(ids.dropFirst()))
  }

  public mutating func logProbabilities() throws -> [Double] { try network.logProbabilities() }

  public mutating func hidden() throws -> [Float] { try network.hidden() }

  public mutating func score(_ ids: [Int32]) throws -> [Double] { try scoreReturningHidden(ids).logProbabilities }

  public mutating func scoreReturningHidden(_ ids: [Int32]) throws -> (logProbabilities: [Double], hidden: [Float]) {
    var result = (logProbabilities: [Double](), hidden: [Float]())
    try forSegments(of: ids) { network, piece in
      let (logProbabilities, hidden) = try network.scoreReturningHidden(piece)
      result.logProbabilities += logProbabilities
      result.hidden += hidden
    }
    return result
  }

  public mutating func logitsReturningHidden(reading ids: [Int32]) throws -> (logits: Tensor, hidden: [Float]) {
    var result = (logits: [Tensor.zeros([0, vocabularySize])], hidden: [Float]())
    try forSegments(of: ids) { network, piece in
      let (logits, hidden) = try network.logitsReturningHidden(reading: piece)
      result.logits.append(logits)
      result.hidden += hidden
    }
    return (.concatenating(result.logits), result.hidden)
  }

  /// Reads tokens in pieces, none of which goes beyond a segment, and learns after each segment.
  private mutating func forSegments(
    of ids: [Int32], _ read: (_ network: inout ModelPredictor, _ piece: [Int32]) throws -> Void
  ) throws {
    require(network.last != nil || ids.isEmpty, "a text has to begin before it is scored")
    try check(ids)
    var rest = ids[...]
    while let last = network.last, !rest.isEmpty {
      let piece = Array(rest.prefix(settings.segmentLength - inputs.count))
      try read(&network, piece)
      (inputs, targets) = (inputs + [last] + piece.dropLast(), targets + piece)
      rest = rest.dropFirst(piece.count)
      if inputs.count == settings.segmentLength { learn() }
    }
  }

  /// Updates the weights with the segment, and begins the next one.
  private mutating func learn() {
    let pass = network.model.gradients(inputs: inputs, targets: targets, state: segmentState)
    var index = 0
    network.model.visitParameters(prefix: "") { _, parameter in
      var value = parameter.value
      // The tensor must have a single owner while it is changed, or it would be copied.
      parameter = Variable(0)
      value.learn(
        pass.gradients[index], origin: origin[index], roots: statistics?.roots[index], meanRoot: statistics?.mean ?? 1,
        settings)
      parameter = Variable(value)
      index += 1
    }
    (inputs, targets, segmentState) = ([], [], network.state)
  }
}

extension Tensor {
  /// Updates weights by one step of dynamic evaluation.
  fileprivate mutating func learn(
    _ gradient: Gradient, origin: Tensor, roots: Tensor?, meanRoot: Float, _ settings: DynamicSettings
  ) {
    decay(to: origin, roots: roots, meanRoot: meanRoot, decay: settings.decay)
    let rate = settings.learningRate
    switch gradient {
    case .dense(let slope): descend(0, slope, roots, rate: rate, epsilon: settings.epsilon)
    case .rows(let rows):
      let width = rows.shape[1]
      for (place, row) in rows.rows.enumerated() {
        descend(
          Int(row) * width, rows.values.slice(place..<place + 1), roots, rate: rate, epsilon: settings.epsilon)
      }
    }
  }

  /// Decays weights towards the trained ones: θ ← θ + λ min(RMS / mean RMS, 1 / λ) (θ₀ − θ).
  private mutating func decay(to origin: Tensor, roots: Tensor?, meanRoot: Float, decay: Float) {
    guard decay > 0 else { return }
    unsafe withUnsafeMutableElements { weights in
      unsafe origin.withUnsafeElements { origin in
        guard let roots else {
          for i in weights.indices { unsafe weights[i] += decay * (origin[i] - weights[i]) }
          return
        }
        let scale = decay / max(meanRoot, .leastNormalMagnitude)
        unsafe roots.withUnsafeElements { roots in
          for i in weights.indices { unsafe weights[i] += min(roots[i] * scale, 1) * (origin[i] - weights[i]) }
        }
      }
    }
  }

  /// Takes a step against a gradient, for the elements from an offset on: θ ← θ − η g / (RMS + ε).
  private mutating func descend(_ start: Int, _ slope: Tensor, _ roots: Tensor?, rate: Float, epsilon: Float) {
    unsafe withUnsafeMutableElements { weights in
      unsafe slope.withUnsafeElements { slope in
        guard let roots else {
          for i in slope.indices { unsafe weights[start + i] -= rate * slope[i] }
          return
        }
        unsafe roots.withUnsafeElements { roots in
          for i in slope.indices { unsafe weights[start + i] -= rate * slope[i] / (roots[start + i] + epsilon) }
        }
      }
    }
  }
}
