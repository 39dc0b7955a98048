import MynahIO
public import MynahModels
import MynahTensors

/// A network under dynamic evaluation: it continues to learn from the text that it reads.
///
/// After each segment of tokens, which are predicted with the weights before it, the weights take a step against the
/// gradient of the mean loss and decay towards the trained weights:
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
  private var model: LanguageModel
  /// The inputs and targets of the current segment, and the state before it.
  private var inputs: [Int32] = []
  private var targets: [Int32] = []
  private var segmentState: LanguageModel.State
  /// The state before the last token, and that token.
  private var state: LanguageModel.State
  private var last: Int32?

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - model: The trained model; no dropout is applied.
  ///   - settings: The settings of the updates.
  ///   - statistics: The statistics of the gradients on the training text.
  public init(
    _ model: LanguageModel, settings: DynamicSettings = DynamicSettings(), statistics: GradientStatistics? = nil
  ) {
    (self.model, self.settings, self.statistics) = (model, settings, statistics)
    origin = model.parameters.map(\.value)
    state = model.initialState(batchSize: 1)
    segmentState = state
  }

  public var vocabularySize: Int { model.configuration.vocabularySize }

  /// Some segments, since each takes as long as a training step.
  public var scoringLength: Int { 16 * settings.segmentLength }

  public mutating func read(_ ids: [Int32]) throws {
    try check(ids)
    _ = try score(last == nil ? Array(beginning(ids)) : ids)
  }

  /// Stores a text's first token, which is context only, and returns the others.
  private mutating func beginning(_ ids: [Int32]) -> ArraySlice<Int32> {
    last = ids.first
    return ids.dropFirst()
  }

  public mutating func logProbabilities() throws -> [Double] {
    let logProbabilities = model.output.logits(of: try step().output.rows).value.elements.logSoftmax()
    guard logProbabilities.allSatisfy(\.isFinite) else { throw InferenceError.notFinite }
    return logProbabilities
  }

  public mutating func hidden() throws -> [Float] { try step().output.rows.value.elements }

  private func step() throws -> RecurrentStack.Pass {
    guard let last else { requirementFailure("a text has to begin before a token is predicted") }
    return model([last], state: state)
  }

  public mutating func score(_ ids: [Int32]) throws -> [Double] { try scoreReturningHidden(ids).logProbabilities }

  public mutating func scoreReturningHidden(_ ids: [Int32]) throws -> (logProbabilities: [Double], hidden: [Float]) {
    require(last != nil || ids.isEmpty, "a text has to begin before it is scored")
    try check(ids)
    var (logProbabilities, hidden, rest) = ([Double](), [Float](), ids[...])
    while let last, let next = rest.prefix(settings.segmentLength - inputs.count).last {
      let piece = Array(rest.prefix(settings.segmentLength - inputs.count))
      let pieceInputs = [last] + piece.dropLast()
      let pass = model(pieceInputs, state: state)
      let losses = model.output.negativeLogProbabilities(of: pass.output.rows.value, targets: piece)
      guard losses.nats.isFinite else { throw InferenceError.notFinite }
      logProbabilities += losses.rows.elements.map { -Double($0) }
      hidden += pass.output.rows.value.elements
      (state, self.last) = (pass.state, next)
      (inputs, targets) = (inputs + pieceInputs, targets + piece)
      rest = rest.dropFirst(piece.count)
      if inputs.count == settings.segmentLength { learn() }
    }
    return (logProbabilities, hidden)
  }

  /// Updates the weights with the segment, and begins the next one.
  private mutating func learn() {
    let pass = model.gradients(inputs: inputs, targets: targets, state: segmentState)
    var index = 0
    model.visitParameters(prefix: "") { _, parameter in
      var value = parameter.value
      // The tensor must have a single owner while it is changed, or it would be copied.
      parameter = Variable(0)
      value.learn(
        pass.gradients[index], origin: origin[index], roots: statistics?.roots[index], meanRoot: statistics?.mean ?? 1,
        settings)
      parameter = Variable(value)
      index += 1
    }
    (inputs, targets, segmentState) = ([], [], state)
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
