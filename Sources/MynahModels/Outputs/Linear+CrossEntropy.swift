import MynahIO
public import MynahTensors

extension Linear {
  /// Returns the cross-entropy of softmax(x Wᵀ + b) against targets, without storing the [N, V] logits.
  ///
  ///     loss = −Σ_n w_n log softmax(x_n Wᵀ + b)[target_n]
  ///
  /// If a parent is on a tape, the same pass computes the gradients, over chunks of rows that stay in cache.
  ///
  /// - Parameters:
  ///   - hidden: x, shape [N, H].
  ///   - targets: N tokens, 0 ≤ target < V.
  ///   - weights: The weight of each row, 0 for padding; nil: ones.
  ///   - scale: The factor of the differentiable value: 1 / B for "sum over time, mean over the batch".
  /// - Returns: `value`, the scaled loss, a scalar to differentiate; `nats`, the loss itself in double precision.
  public func crossEntropy(
    of hidden: Variable, targets: [Int32], weights: [Float]? = nil, scale: Float = 1
  ) -> (value: Variable, nats: Double) {
    check(hidden.value.shape, targets, weights)
    guard !targets.isEmpty else { return (Variable(Tensor(0)), 0) }
    let parents = [hidden, weight, bias]
    let pass = Kernels.crossEntropy(
      hidden: hidden.value, weight: weight.value, bias: bias.value, targets: targets, rowWeights: weights, scale: scale,
      wantsRows: false, wantsGradients: parents.contains(where: \.isTracked))
    let value = Tensor(scale * Float(pass.nats))
    let gradients = pass.gradients ?? []
    let results = Variable.custom(parents: parents, outputs: [value]) { upstream in
      guard let factor = upstream[0]?.dense.scalar else { return [nil, nil, nil] }
      return gradients.map { .dense(factor == 1 ? $0 : $0 * Tensor(factor)) }
    }
    return (results[0], pass.nats)
  }

  /// Returns the negative log-probability of each target in nats, [N], and their sum; nothing is recorded on a tape.
  public func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> (rows: Tensor, nats: Double) {
    check(hidden.shape, targets, nil)
    guard !targets.isEmpty else { return (Tensor([]), 0) }
    let pass = Kernels.crossEntropy(
      hidden: hidden, weight: weight.value, bias: bias.value, targets: targets, rowWeights: nil, scale: 1,
      wantsRows: true, wantsGradients: false)
    return (pass.rowNats ?? Tensor([]), pass.nats)
  }

  func check(_ hidden: Shape, _ targets: [Int32], _ weights: [Float]?) {
    let vocabularySize = weight.value.shape[0]
    require(
      hidden == [targets.count, weight.value.shape[1]] && weights?.count ?? targets.count == targets.count,
      "cross-entropy needs hidden [N, \(weight.value.shape[1])] and N targets, found \(hidden) and \(targets.count)")
    require(
      targets.allSatisfy { $0 >= 0 && $0 < vocabularySize }, "targets must lie in 0 ..< \(vocabularySize)")
  }
}
