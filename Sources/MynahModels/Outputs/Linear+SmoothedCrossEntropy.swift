import MynahIO
public import MynahTensors

extension Linear {
  /// Returns the cross-entropy against smoothed targets: 1 − ε on the target, and ε spread evenly over the vocabulary.
  ///
  ///     loss = −Σ_n w_n [(1 − ε) log p(target_n) + (ε / V) Σ_v log p_n(v)]
  ///          = −Σ_n w_n log p(target_n) + ε Σ_n w_n (z_n,target − mean_v z_n,v),     z = x Wᵀ + b
  ///
  /// The second form needs the mean row of W in place of all logits. C. Szegedy et al., "Rethinking the Inception
  /// architecture for computer vision", 2016, as PyTorch's `cross_entropy(label_smoothing:)` computes it.
  ///
  /// - Parameters:
  ///   - hidden: x, shape [N, H].
  ///   - targets: N tokens, 0 ≤ target < V.
  ///   - smoothing: ε, 0 ≤ ε < 1.
  ///   - weights: The weight of each row, 0 for padding; nil: ones.
  ///   - scale: The factor of the differentiable value.
  /// - Returns: `value`, the scaled smoothed loss, a scalar to differentiate; `nats`, the loss without smoothing.
  public func smoothedCrossEntropy(
    of hidden: Variable, targets: [Int32], smoothing: Float, weights: [Float]? = nil, scale: Float = 1
  ) -> (value: Variable, nats: Double) {
    require((0..<1).contains(smoothing), "label smoothing must be in [0, 1), got \(smoothing)")
    let plain = crossEntropy(of: hidden, targets: targets, weights: weights, scale: scale)
    guard smoothing > 0, !targets.isEmpty else { return plain }
    let aboveMean = weight.gathered(targets) - weight.mean(axes: [0])
    var excess = (hidden * aboveMean).sum(axes: [1]) + (bias.gathered(targets) - bias.mean())
    if let weights { excess = excess * Variable(Tensor(weights)) }
    return (plain.value + smoothing * scale * excess.sum(), plain.nats)
  }
}
