public import MynahTensors

/// A linear map to the vocabulary's logits and a softmax: p = softmax(W h + b).
///
/// A tied layer's W is the embedding's table.
public struct Softmax: OutputLayer {
  /// The map: W [V, H] and b [V].
  public let linear: Linear

  /// Creates an output layer from its map.
  public init(_ linear: Linear) { self.linear = linear }

  public var vocabularySize: Int { linear.weight.shape[0] }
  public var hiddenSize: Int { linear.weight.shape[1] }

  public func loss(
    of hidden: Variable, targets: [Int32], weights: [Float]?, scale: Float, objective: TrainingObjective,
    using random: RandomSource
  ) -> (value: Variable, nats: Double) {
    switch objective {
    case .full:
      return linear.crossEntropy(of: hidden, targets: targets, weights: weights, scale: scale)
    case .smoothed(let share):
      return linear.smoothedCrossEntropy(
        of: hidden, targets: targets, smoothing: share, weights: weights, scale: scale)
    case .sampled(let count):
      var random = random
      let candidates = SampledCandidates(count: count, vocabularySize: vocabularySize, using: &random)
      return linear.sampledCrossEntropy(
        of: hidden, targets: targets, candidates: candidates, weights: weights, scale: scale)
    }
  }

  public func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> (rows: Tensor, nats: Double) {
    linear.negativeLogProbabilities(of: hidden, targets: targets)
  }

  public func logits(of hidden: Variable) -> Variable { linear(hidden) }
}

extension OutputKind {
  /// The linear map with a softmax over the whole vocabulary (`Softmax`); it can be tied.
  public static let softmax = OutputKind(
    "softmax", title: "Softmax",
    defect: { shape in
      if !shape.sizes.isEmpty { return "the output layer 'softmax' has no sizes, found \(shape.sizes)" }
      return shape.isTied && shape.hiddenSize != shape.embeddingSize
        ? "a tied output needs a last layer of the embedding's size, found a layer of \(shape.hiddenSize) and an "
          + "embedding of \(shape.embeddingSize)" : nil
    },
    objectiveDefect: { $1.defect(vocabularySize: $0.vocabularySize) },
    parameters: { shape in
      let weight = ParameterSpec("weight", [shape.vocabularySize, shape.hiddenSize], .output)
      return (shape.isTied ? [] : [weight]) + [ParameterSpec("bias", [shape.vocabularySize], .output)]
    },
    multiplications: { shape, objective in
      // The target and the sampled tokens replace the vocabulary.
      let tokenCount = if case .sampled(let count) = objective { count + 1 } else { shape.vocabularySize }
      return tokenCount * shape.hiddenSize
    },
    layer: { shape, parameters, embedding in
      Softmax(
        Linear(
          weight: shape.isTied ? embedding : parameters[0], bias: parameters[parameters.count - 1]))
    })
}

extension OutputConfiguration {
  /// A softmax over the whole vocabulary.
  public static func softmax(tied: Bool = false) -> OutputConfiguration { OutputConfiguration("softmax", tied: tied) }
}
