import Foundation
import MynahIO
public import MynahTensors

/// A mixture of K softmaxes over one set of token vectors, which can express more distributions than one softmax.
///
///     p(v) = Σ_k π_k softmax(W h_k + b)_v        h_k = tanh(L_k h + l_k)        π = softmax(P h)
///
/// Z. Yang, Z. Dai, R. Salakhutdinov, W. Cohen, "Breaking the softmax bottleneck: a high-rank RNN language model",
/// 2018, equation 3. A row takes as much time and memory as K rows of a softmax.
public struct MixtureOfSoftmaxes: OutputLayer {
  /// P, shape [K, H]: the map to the components' weights.
  public let prior: Variable
  /// L_k and l_k of all components, stacked: shapes [K·D, H] and [K·D].
  public let latent: Linear
  /// W, shape [V, D], and b, shape [V].
  public let linear: Linear
  /// The dropout of the components' vectors in training; nil: nothing is dropped.
  private var dropout: LatentDropout?

  /// Creates an output layer from its maps.
  public init(prior: Variable, latent: Linear, linear: Linear) {
    require(
      latent.weight.shape[0] == prior.shape[0] * linear.weight.shape[1],
      "\(prior.shape[0]) components of size \(linear.weight.shape[1]) need a latent map of as many rows, found "
        + "\(latent.weight.shape)")
    (self.prior, self.latent, self.linear) = (prior, latent, linear)
  }

  public var vocabularySize: Int { linear.weight.shape[0] }
  public var hiddenSize: Int { prior.shape[1] }
  /// K, the number of components.
  public var componentCount: Int { prior.shape[0] }

  public func loss(
    of hidden: Variable, targets: [Int32], weights: [Float]?, scale: Float, objective: TrainingObjective,
    using random: RandomSource
  ) -> (value: Variable, nats: Double) {
    checkRows(of: hidden.shape, targets, weights)
    guard !targets.isEmpty else { return (Variable(Tensor(0)), 0) }
    let (logPrior, latents) = (logPrior(of: hidden), latents(of: hidden))
    let repeated = repeated(targets)
    let rows = linear.negativeLogProbabilities(of: latents.value, targets: repeated).rows
    let joint = ComponentMixture(logPrior: logPrior.value, componentNats: rows.elements.map { Double($0) })
    // The gradient of −log Σ π_k p_k is that of −Σ γ_k (log π_k + log p_k), in which the components' posterior
    // probabilities γ are constants. So the fused cross-entropy computes it, each component's row weighted by γ.
    let shares = joint.posteriors(weights: weights)
    let components = linear.crossEntropy(
      of: latents, targets: repeated, weights: shares.elements, scale: scale)
    let bound = components.value - scale * (logPrior * Variable(shares)).sum()
    let nats = zip(joint.nats, weights ?? [Float](repeating: 1, count: targets.count)).reduce(0) {
      $0 + $1.0 * Double($1.1)
    }
    return (bound + (scale * Float(nats) - bound.value.scalar), nats)
  }

  public func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> (rows: Tensor, nats: Double) {
    checkRows(of: hidden.shape, targets, nil)
    guard !targets.isEmpty else { return (Tensor([]), 0) }
    let hidden = Variable(hidden)
    let rows = linear.negativeLogProbabilities(of: latents(of: hidden).value, targets: repeated(targets)).rows
    let nats = ComponentMixture(
      logPrior: logPrior(of: hidden).value, componentNats: rows.elements.map { Double($0) }
    ).nats
    return (Tensor(nats.map { Float($0) }), nats.reduce(0, +))
  }

  /// Returns the log-probabilities of all tokens, [N, V]: the layer has no logits.
  public func logits(of hidden: Variable) -> Variable {
    ComponentMixture.mixed(logPrior(of: hidden), linear(latents(of: hidden)).logSoftmax())
  }

  public func logProbabilities(of hidden: Variable) -> Variable { logits(of: hidden) }

  /// Returns log π, [N, K].
  private func logPrior(of hidden: Variable) -> Variable { hidden.product(with: prior).logSoftmax() }

  /// Returns the components' vectors, [N·K, D].
  private func latents(of hidden: Variable) -> Variable {
    let vectors = latent(hidden).tanh()
    return (dropout?(vectors) ?? vectors).reshaped([hidden.shape[0] * componentCount, linear.weight.shape[1]])
  }

  public func dropping(_ dropout: LatentDropout) -> any OutputLayer {
    var layer = self
    layer.dropout = dropout
    return layer
  }

  /// Returns each target once per component.
  private func repeated(_ targets: [Int32]) -> [Int32] { targets.flatMap { repeatElement($0, count: componentCount) } }
}

/// The joint log-probabilities of a mixture's components and of targets: log (π_k p_k(target)), [N, K].
package struct ComponentMixture {
  /// −log Σ_k π_k p_k(target) for each row.
  package let nats: [Double]
  private let logJoint: [Double]
  private let componentCount: Int

  /// Creates a mixture from log π [N, K] and −log p_k(target), [N·K].
  package init(logPrior: Tensor, componentNats: [Double]) {
    let count = logPrior.shape[1]
    let joint = zip(logPrior.elements, componentNats).map { Double($0) - $1 }
    nats = stride(from: 0, to: joint.count, by: count).map { start in
      let row = joint[start..<start + count]
      let largest = row.max() ?? 0
      return -(largest + log(row.reduce(0) { $0 + exp($1 - largest) }))
    }
    (logJoint, componentCount) = (joint, count)
  }

  /// Returns the posterior probability of each component, times the row's weight: [N, K].
  func posteriors(weights: [Float]?) -> Tensor {
    let elements = logJoint.indices.map { index in
      let row = index / componentCount
      return Float(exp(logJoint[index] + nats[row]) * Double(weights?[row] ?? 1))
    }
    return Tensor(shape: [nats.count, componentCount], elements)
  }

  /// Returns the log-probabilities of the mixture, [N, V], from log π [N, K] and those of the components, [N·K, V].
  package static func logProbabilities(logPrior: Tensor, components: Tensor) -> Tensor {
    mixed(Variable(logPrior), Variable(components)).value
  }

  /// Returns the log-probabilities of the mixture, differentiable.
  static func mixed(_ logPrior: Variable, _ components: Variable) -> Variable {
    let (rowCount, count, size) = (logPrior.shape[0], logPrior.shape[1], components.shape[1])
    let joint = (components + logPrior.reshaped([rowCount * count, 1])).reshaped([rowCount, count, size])
    let largest = joint.value.maximum(axes: [1], keepingAxes: true)
    let sum = (joint - Variable(largest)).exp().sum(axes: [1])
    return sum.log() + Variable(largest.reshaped([rowCount, size]))
  }
}

extension OutputKind {
  /// The mixture of softmaxes (`MixtureOfSoftmaxes`), whose sizes are K and the components' size; it can be tied.
  public static let mixtureOfSoftmaxes = OutputKind(
    "mixture", title: "Mixture of softmaxes",
    defect: { shape in
      guard (1...2).contains(shape.sizes.count), shape.sizes.allSatisfy({ (1...1 << 16).contains($0) }) else {
        return "the output layer 'mixture' needs a number of components and optionally their size, each between 1 and "
          + "\(1 << 16), found \(shape.sizes)"
      }
      return shape.isTied && shape.latentSize != shape.embeddingSize
        ? "a tied mixture needs components of the embedding's size, found components of \(shape.latentSize) and an "
          + "embedding of \(shape.embeddingSize)" : nil
    },
    hasLatentVectors: true,
    parameters: { shape in
      let rowCount = shape.sizes[0] * shape.latentSize
      let weight = ParameterSpec("weight", [shape.vocabularySize, shape.latentSize], .output)
      return [
        ParameterSpec("prior.weight", [shape.sizes[0], shape.hiddenSize], .output),
        ParameterSpec("latent.weight", [rowCount, shape.hiddenSize], .output),
        ParameterSpec("latent.bias", [rowCount], .output),
      ] + (shape.isTied ? [] : [weight]) + [ParameterSpec("bias", [shape.vocabularySize], .output)]
    },
    multiplications: { shape, _ in
      shape.sizes[0] * (shape.hiddenSize + shape.latentSize * (shape.hiddenSize + shape.vocabularySize))
    },
    layer: { shape, parameters, embedding in
      MixtureOfSoftmaxes(
        prior: parameters[0], latent: Linear(weight: parameters[1], bias: parameters[2]),
        linear: Linear(weight: shape.isTied ? embedding : parameters[3], bias: parameters[parameters.count - 1]))
    })
}

extension OutputShape {
  /// D, the size of a mixture's components.
  fileprivate var latentSize: Int { sizes.count > 1 ? sizes[1] : embeddingSize }
}

extension OutputConfiguration {
  /// A mixture of softmaxes.
  ///
  /// - Parameters:
  ///   - componentCount: K.
  ///   - size: The size of the components' vectors; nil: the embedding's.
  public static func mixtureOfSoftmaxes(
    _ componentCount: Int, size: Int? = nil, tied: Bool = false
  ) -> OutputConfiguration {
    OutputConfiguration("mixture", sizes: [componentCount] + (size.map { [$0] } ?? []), tied: tied)
  }
}
