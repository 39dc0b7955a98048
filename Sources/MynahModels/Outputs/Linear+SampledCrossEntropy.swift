import Foundation
public import MynahTensors

import MynahIO
extension Linear {
  /// Returns the cross-entropy of a softmax over the target and some sampled tokens instead of the whole vocabulary.
  ///
  ///     z_v = x·W_v + b_v − log E_v                    E_v: the expected count of v among the candidates
  ///     loss = −Σ_n w_n log(exp z_target / (exp z_target + Σ_{c ≠ target} exp z_c))
  ///
  /// The correction log E makes the gradient an estimate of the full softmax's; a candidate that is the target itself
  /// (an accidental hit) is skipped. The weight's gradient has only the rows of targets and candidates; the bias's
  /// gradient is dense, because its V elements are few in comparison. S. Jean et al. 2015; for given candidates, equal
  /// to TensorFlow's `sampled_softmax_loss`. For evaluation use `crossEntropy`: this loss does not give a perplexity.
  ///
  /// - Parameters:
  ///   - hidden: x, shape [N, H].
  ///   - targets: N tokens, 0 ≤ target < V.
  ///   - candidates: The sampled tokens, the same for all rows.
  ///   - weights: The weight of each row, 0 for padding; nil: ones.
  ///   - scale: The factor of the differentiable value.
  /// - Returns: `value`, the scaled loss, a scalar to differentiate; `nats`, the loss itself.
  /// - Complexity: O(N·S·H) for S candidates, independent of V except for the bias's gradient.
  public func sampledCrossEntropy(
    of hidden: Variable, targets: [Int32], candidates: SampledCandidates, weights: [Float]? = nil, scale: Float = 1
  ) -> (value: Variable, nats: Double) {
    check(hidden.shape, targets, weights)
    require(
      candidates.vocabularySize == weight.shape[0],
      "candidates of \(candidates.vocabularySize) tokens do not fit a vocabulary of \(weight.shape[0])")
    guard !targets.isEmpty else { return (Variable(Tensor(0)), 0) }
    let rowWeights = Tensor(shape: [targets.count, 1], weights ?? Array(repeating: 1, count: targets.count))
    let pass = SampledSoftmaxPass(
      hidden: hidden.value, weight: weight.value, bias: bias.value, targets: targets, candidates: candidates)
    let nats = pass.nats(rowWeights: rowWeights)
    let results = Variable.custom(parents: [hidden, weight, bias], outputs: [Tensor(scale * Float(nats))]) { upstream in
      guard let factor = upstream[0]?.dense.scalar else { return [nil, nil, nil] }
      return pass.gradients(rowWeights: rowWeights * (factor * scale))
    }
    return (results[0], nats)
  }
}

/// The forward pass of a sampled softmax, with the values that its gradients need.
private struct SampledSoftmaxPass: Sendable {
  let hidden: Tensor
  let weightShape: Shape
  let targets, candidates: [Int32]
  /// The weight's rows of the targets [N, H] and of the candidates [S, H].
  let targetRows, candidateRows: Tensor
  /// Log-probabilities [N, 1 + S]: of the target, then of the candidates.
  let logProbabilities: Tensor

  init(hidden: Tensor, weight: Tensor, bias: Tensor, targets: [Int32], candidates: SampledCandidates) {
    (self.hidden, self.targets, self.candidates) = (hidden, targets, candidates.ids)
    weightShape = weight.shape
    targetRows = weight.gathered(targets)
    candidateRows = weight.gathered(candidates.ids)
    let shifts = { (ids: [Int32]) in
      Tensor(zip(ids, bias.gathered(ids).elements).map { $1 - Float(log(candidates.expectedCount(of: $0))) })
    }
    let ofTargets = (hidden * targetRows).sum(axes: [1]) + shifts(targets)
    var ofCandidates = hidden.matmul(candidateRows, transposingOther: true) + shifts(candidates.ids)
    let places = Dictionary(uniqueKeysWithValues: zip(candidates.ids, candidates.ids.indices))
    ofCandidates.withMutableSpan { logits in
      for (row, target) in targets.enumerated() {
        if let place = places[target] { logits[row * places.count + place] = -.infinity }
      }
    }
    let logits = Tensor.concatenating([ofTargets.reshaped([targets.count, 1]), ofCandidates], axis: 1)
    logProbabilities = logits.logSoftmax()
  }

  /// Returns −Σ weight · log p(target).
  func nats(rowWeights: Tensor) -> Double {
    let width = candidates.count + 1
    return logProbabilities.withSpan { logs in
      rowWeights.withSpan { weights in
        weights.indices.reduce(0) { $0 - Double(weights[$1]) * Double(logs[$1 * width]) }
      }
    }
  }

  /// Returns the gradients of hidden, weight and bias, with p − 1 for the target and p for each candidate.
  func gradients(rowWeights: Tensor) -> [Gradient?] {
    let (rowCount, width) = (targets.count, candidates.count + 1)
    var slopes = logProbabilities.exp()
    slopes.withMutableSpan { slopes in
      for row in 0..<rowCount { slopes[row * width] -= 1 }
    }
    slopes = slopes * rowWeights
    let ofTargets = slopes.slice(0..<1, axis: 1)
    let ofCandidates = slopes.slice(1..<width, axis: 1)
    let rows = Tensor.concatenating([
      ofCandidates.matmul(hidden, transposingSelf: true), ofTargets * hidden,
    ])
    let ones = Tensor(shape: [1, rowCount], repeating: 1)
    let sums = Tensor.concatenating([
      ones.matmul(ofCandidates).reshaped([candidates.count]), ofTargets.reshaped([rowCount]),
    ])
    var bias = Tensor.zeros([weightShape[0]])
    bias.withMutableSpan { bias in
      sums.withSpan { sums in
        for (place, id) in (candidates + targets).enumerated() { bias[Int(id)] += sums[place] }
      }
    }
    return [
      .dense(ofCandidates.matmul(candidateRows) + ofTargets * targetRows),
      .rows(SparseRows(shape: weightShape, adding: rows, at: candidates + targets)),
      .dense(bias),
    ]
  }
}
