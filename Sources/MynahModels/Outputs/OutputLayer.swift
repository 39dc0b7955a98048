import MynahIO
public import MynahTensors

/// The output layer of a language model: a distribution over the vocabulary for each vector of the last layer.
///
/// An output layer is created from its parameters for each pass (see `OutputKind`). The N rows of the vectors [N, H]
/// are independent. Only the sizes and `logits` are required; by default the losses are computed from these.
public protocol OutputLayer: Sendable {
  /// V, the number of tokens.
  var vocabularySize: Int { get }
  /// H, the size of the vectors.
  var hiddenSize: Int { get }

  /// Returns the training loss of targets, differentiable with respect to the vectors and the parameters.
  ///
  ///     loss = −Σ_n w_n log p(target_n)                    for the objective `full`
  ///
  /// - Parameters:
  ///   - hidden: The vectors, [N, H].
  ///   - targets: N tokens in 0 ..< V.
  ///   - weights: The weight of each row, 0 for padding; nil: ones.
  ///   - scale: The factor of the differentiable value.
  ///   - objective: The objective, one that the layer's kind supports (see `OutputKind.objectiveDefect`).
  ///   - random: The source of the objective's random draws.
  /// - Returns: `value`, the scaled objective, a scalar to differentiate; `nats`, the loss to report, unscaled.
  func loss(
    of hidden: Variable, targets: [Int32], weights: [Float]?, scale: Float, objective: TrainingObjective,
    using random: RandomSource
  ) -> (value: Variable, nats: Double)

  /// Returns the layer with dropout of the vectors inside it, for training; by default, and for kinds without latent
  /// vectors, the layer itself.
  func dropping(_ dropout: LatentDropout) -> any OutputLayer

  /// Returns the negative log-probability of each target in nats, [N], and their sum; nothing is recorded on a tape.
  func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> (rows: Tensor, nats: Double)

  /// Returns the log-probabilities of all tokens up to a constant per row, [N, V], differentiable.
  ///
  /// For outputs without logits these are the log-probabilities themselves.
  func logits(of hidden: Variable) -> Variable
}

extension OutputLayer {
  public func dropping(_ dropout: LatentDropout) -> any OutputLayer { self }

  public func loss(
    of hidden: Variable, targets: [Int32], weights: [Float]?, scale: Float, objective: TrainingObjective,
    using random: RandomSource
  ) -> (value: Variable, nats: Double) {
    checkRows(of: hidden.shape, targets, weights)
    let rows = logProbabilities(of: hidden, targets: targets)
    let sum = (weights.map { rows * Variable(Tensor($0)) } ?? rows).sum()
    return (-scale * sum, -Double(sum.value.scalar))
  }

  public func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> (rows: Tensor, nats: Double) {
    checkRows(of: hidden.shape, targets, nil)
    let rows = -logProbabilities(of: Variable(hidden), targets: targets).value
    return (rows, rows.elements.reduce(0) { $0 + Double($1) })
  }

  /// Returns the log-probability of each row's target, [N].
  private func logProbabilities(of hidden: Variable, targets: [Int32]) -> Variable {
    logProbabilities(of: hidden)
      .gathered(coordinates: targets.enumerated().flatMap { [Int32($0), $1] }, shape: [targets.count, 2])
  }

  /// Returns the cross-entropy of targets: the loss of the objective `full`.
  public func crossEntropy(
    of hidden: Variable, targets: [Int32], weights: [Float]? = nil, scale: Float = 1
  ) -> (value: Variable, nats: Double) {
    loss(
      of: hidden, targets: targets, weights: weights, scale: scale, objective: .full, using: RandomSource(seed: 0))
  }

  /// Returns the log-probabilities of all tokens, [N, V], differentiable.
  public func logProbabilities(of hidden: Variable) -> Variable { logits(of: hidden).logSoftmax() }

  /// Checks the arguments of a loss.
  func checkRows(of hidden: Shape, _ targets: [Int32], _ weights: [Float]?) {
    require(
      hidden == [targets.count, hiddenSize] && weights?.count ?? targets.count == targets.count,
      "a loss needs vectors [N, \(hiddenSize)] and N targets and weights, found \(hidden), \(targets.count) targets "
        + "and \(weights?.count ?? targets.count) weights")
    require(
      targets.allSatisfy { $0 >= 0 && $0 < vocabularySize }, "targets must be in 0 ..< \(vocabularySize)")
  }
}
