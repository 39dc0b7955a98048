import MynahModels
import MynahTensors

/// An output layer with its weights packed.
protocol PackedOutput: Sendable {
  /// The layer as a part of the last recurrent layers' pass; nil if it needs a separate pass.
  var softmax: PackedSoftmax? { get }

  /// Returns the log-probabilities of all tokens up to a constant per row: [N, H] → [N, V].
  func logits(of hidden: Tensor) -> Tensor

  /// Returns the negative log-probability of each of N targets, in nats.
  func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> [Double]
}

extension PackedOutput {
  var softmax: PackedSoftmax? { nil }
}

/// An output layer with a packed form.
protocol PackableOutput: OutputLayer {
  /// Packs the weights.
  func packed(_ precision: WeightPrecision) -> any PackedOutput
}

/// An output layer without a packed form, which runs by its own operations on rounded weights.
struct ComposedOutput: PackedOutput {
  let layer: any OutputLayer

  func logits(of hidden: Tensor) -> Tensor { layer.logits(of: Variable(hidden)).value }

  func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> [Double] {
    layer.negativeLogProbabilities(of: hidden, targets: targets).rows.elements.map { Double($0) }
  }
}

// MARK: Softmax

extension PackedSoftmax: PackedOutput {
  var softmax: PackedSoftmax? { self }
}

extension Softmax: PackableOutput {
  func packed(_ precision: WeightPrecision) -> any PackedOutput {
    PackedSoftmax(weight: linear.weight.value, bias: linear.bias.value, precision: precision)
  }
}

// MARK: Adaptive softmax

private struct PackedAdaptiveSoftmax: PackedOutput {
  let head: PackedSoftmax
  let tails: [(projection: PackedMatrix, softmax: PackedSoftmax)]
  let clusters: TokenClusters

  func logits(of hidden: Tensor) -> Tensor {
    let head = head.logits(of: hidden).logSoftmax()
    let first = clusters.frequentCount
    let parts = tails.enumerated().map { index, tail in
      tail.softmax.logits(of: tail.projection.product(hidden)).logSoftmax()
        + head.slice(first + index..<first + index + 1, axis: 1)
    }
    return .concatenating([head.slice(0..<first, axis: 1)] + parts, axis: 1)
  }

  func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> [Double] {
    var result = head.negativeLogProbabilities(of: hidden, targets: clusters.headTargets(targets))
    for (index, tail) in tails.enumerated() {
      let rows = clusters.rows(of: targets, in: index)
      let inner = tail.projection.product(hidden.gathered(rows.map { Int32($0) }))
      let part = tail.softmax.negativeLogProbabilities(of: inner, targets: clusters.targets(targets, rows, in: index))
      for (place, row) in rows.enumerated() { result[row] += part[place] }
    }
    return result
  }
}

extension AdaptiveSoftmax: PackableOutput {
  func packed(_ precision: WeightPrecision) -> any PackedOutput {
    PackedAdaptiveSoftmax(
      head: PackedSoftmax(weight: head.value, bias: nil, precision: precision),
      tails: tails.map { tail in
        (
          PackedMatrix(tail.projection.value, precision: precision),
          PackedSoftmax(weight: tail.output.value, bias: nil, precision: precision)
        )
      }, clusters: clusters)
  }
}

// MARK: Mixture of softmaxes

private struct PackedMixtureOfSoftmaxes: PackedOutput {
  let prior, latent: PackedMatrix
  let latentBias: Tensor
  let components: PackedSoftmax

  func logits(of hidden: Tensor) -> Tensor {
    ComponentMixture.logProbabilities(
      logPrior: logPrior(of: hidden), components: components.logits(of: latents(of: hidden)).logSoftmax())
  }

  func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> [Double] {
    let repeated = targets.flatMap { repeatElement($0, count: prior.rowCount) }
    let nats = components.negativeLogProbabilities(of: latents(of: hidden), targets: repeated)
    return ComponentMixture(logPrior: logPrior(of: hidden), componentNats: nats).nats
  }

  private func logPrior(of hidden: Tensor) -> Tensor { prior.product(hidden).logSoftmax() }

  private func latents(of hidden: Tensor) -> Tensor {
    latent.product(hidden, adding: latentBias).tanh()
      .reshaped([hidden.shape[0] * prior.rowCount, components.weight.columnCount])
  }
}

extension MixtureOfSoftmaxes: PackableOutput {
  func packed(_ precision: WeightPrecision) -> any PackedOutput {
    PackedMixtureOfSoftmaxes(
      prior: PackedMatrix(prior.value, precision: precision),
      latent: PackedMatrix(latent.weight.value, precision: precision), latentBias: latent.bias.value,
      components: PackedSoftmax(
        weight: linear.weight.value, bias: linear.bias.value, precision: precision))
  }
}
