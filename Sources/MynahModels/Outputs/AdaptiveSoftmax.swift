import MynahIO
public import MynahTensors

/// An adaptive softmax: a softmax over the frequent tokens and the clusters of rare ones, then one within a cluster,
/// whose vectors are smaller.
///
///     p(v) = softmax(W h)_v                                              v < c₁
///     p(v) = softmax(W h)_{cluster i} · softmax(U_i P_i h)_{v − c_i}     c_i ≤ v < c_{i+1}
///
/// Most tokens of a text are frequent, so most rows need about c₁ logits instead of V. Token ids should be in order of
/// decreasing frequency, as in this package's vocabularies. Cluster i = 1, 2, … has vectors of size
/// max(⌊H / 4^i⌋, 1).
///
/// E. Grave, A. Joulin, M. Cissé, D. Grangier, H. Jégou, "Efficient softmax approximation for GPUs", 2017. Names,
/// shapes and values are those of PyTorch's `AdaptiveLogSoftmaxWithLoss`.
public struct AdaptiveSoftmax: OutputLayer {
  /// The vectors of one cluster.
  public struct Tail: Sendable {
    /// P, shape [D, H].
    public let projection: Variable
    /// U, shape [tokens of the cluster, D].
    public let output: Variable
  }

  /// The clusters of rare tokens.
  package let clusters: TokenClusters
  /// W, shape [c₁ + clusters, H].
  public let head: Variable
  /// The vectors of the clusters, the most frequent one first.
  public let tails: [Tail]

  /// Creates an output layer from its parameters: W, and P and U of each cluster.
  ///
  /// - Precondition: there are as many parameters as the cutoffs need.
  public init(cutoffs: [Int], vocabularySize: Int, parameters: [Variable]) {
    require(
      parameters.count == 1 + 2 * cutoffs.count,
      "an adaptive softmax of \(cutoffs.count) clusters has \(1 + 2 * cutoffs.count) parameters, "
        + "found \(parameters.count)"
    )
    clusters = TokenClusters(cutoffs: cutoffs, vocabularySize: vocabularySize)
    head = parameters[0]
    tails = cutoffs.indices.map { Tail(projection: parameters[2 * $0 + 1], output: parameters[2 * $0 + 2]) }
  }

  public var vocabularySize: Int { clusters.vocabularySize }
  public var hiddenSize: Int { head.shape[1] }

  public func loss(
    of hidden: Variable, targets: [Int32], weights: [Float]?, scale: Float, objective: TrainingObjective,
    using random: RandomSource
  ) -> (value: Variable, nats: Double) {
    checkRows(of: hidden.shape, targets, weights)
    var (value, nats) = Linear(head).crossEntropy(
      of: hidden, targets: clusters.headTargets(targets), weights: weights, scale: scale)
    for (index, tail) in tails.enumerated() {
      let rows = clusters.rows(of: targets, in: index)
      guard !rows.isEmpty else { continue }
      let part = Linear(tail.output).crossEntropy(
        of: hidden.gathered(rows).product(with: tail.projection), targets: clusters.targets(targets, rows, in: index),
        weights: weights.map { weights in rows.map { weights[$0] } }, scale: scale)
      value = value + part.value
      nats += part.nats
    }
    return (value, nats)
  }

  public func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> (rows: Tensor, nats: Double) {
    checkRows(of: hidden.shape, targets, nil)
    var (result, nats) = Linear(head).negativeLogProbabilities(of: hidden, targets: clusters.headTargets(targets))
    for (index, tail) in tails.enumerated() {
      let rows = clusters.rows(of: targets, in: index)
      let inner = hidden.gathered(rows).matmul(tail.projection.value, transposingOther: true)
      let part = Linear(tail.output).negativeLogProbabilities(
        of: inner, targets: clusters.targets(targets, rows, in: index))
      nats += part.nats
      result.withMutableSpan { result in
        part.rows.withSpan { part in
          for (place, row) in rows.enumerated() { result[row] += part[place] }
        }
      }
    }
    return (result, nats)
  }

  /// Returns the log-probabilities of all tokens, [N, V]: the layer has no logits.
  public func logits(of hidden: Variable) -> Variable {
    let first = clusters.frequentCount
    let head = hidden.product(with: head).logSoftmax()
    let parts = tails.enumerated().map { index, tail in
      hidden.product(with: tail.projection).product(with: tail.output).logSoftmax()
        + head.slice(first + index..<first + index + 1, axis: 1)
    }
    return .concatenating([head.slice(0..<first, axis: 1)] + parts, axis: 1)
  }

  public func logProbabilities(of hidden: Variable) -> Variable { logits(of: hidden) }
}

extension Linear {
  /// Creates a map whose bias is zero.
  fileprivate init(_ weight: Variable) {
    self.init(weight: weight, bias: Variable(Tensor.zeros([weight.shape[0]])))
  }
}

/// The clusters of a vocabulary's rare tokens.
package struct TokenClusters: Hashable, Sendable {
  /// The first tokens of the clusters, ascending, and V at the end.
  private let cutoffs: [Int]

  /// Creates clusters.
  init(cutoffs: [Int], vocabularySize: Int) { self.cutoffs = cutoffs + [vocabularySize] }

  /// V, the number of tokens.
  package var vocabularySize: Int { cutoffs[cutoffs.count - 1] }
  /// c₁, the number of tokens in no cluster.
  package var frequentCount: Int { cutoffs[0] }

  /// Returns the targets of the first softmax: frequent tokens themselves, or the entry of a rare token's cluster.
  package func headTargets(_ targets: [Int32]) -> [Int32] {
    targets.map { target in cluster(of: target).map { Int32(frequentCount + $0) } ?? target }
  }

  /// Returns the rows whose targets are in a cluster.
  package func rows(of targets: [Int32], in index: Int) -> [Int] {
    targets.indices.filter { cluster(of: targets[$0]) == index }
  }

  /// Returns the indices of these rows' targets in their cluster.
  package func targets(_ targets: [Int32], _ rows: [Int], in index: Int) -> [Int32] {
    rows.map { targets[$0] - Int32(cutoffs[index]) }
  }

  /// Returns the cluster of a token; nil for frequent tokens.
  private func cluster(of token: Int32) -> Int? { cutoffs.lastIndex { $0 <= Int(token) } }
}

extension OutputKind {
  /// The adaptive softmax (`AdaptiveSoftmax`), whose sizes are the first tokens of the clusters.
  public static let adaptiveSoftmax = OutputKind(
    "adaptive", title: "Adaptive softmax",
    defect: { shape in
      let all = [0] + shape.sizes + [shape.vocabularySize]
      if shape.sizes.isEmpty || !zip(all, all.dropFirst()).allSatisfy(<) {
        return
          "the output layer 'adaptive' needs cutoffs that ascend between 0 and \(shape.vocabularySize), the size of "
          + "the vocabulary, found \(shape.sizes)"
      }
      return shape.isTied ? "an adaptive softmax cannot be tied to the embedding" : nil
    },
    parameters: { shape in
      let ends = shape.sizes.dropFirst() + [shape.vocabularySize]
      let head = ParameterSpec("head.weight", [shape.sizes[0] + shape.sizes.count, shape.hiddenSize], .output)
      var width = shape.hiddenSize
      return [head]
        + zip(shape.sizes, ends).enumerated().flatMap { index, cluster in
          width /= 4
          let size = max(width, 1)
          return [
            ParameterSpec("tail.\(index).0.weight", [size, shape.hiddenSize], .output),
            ParameterSpec("tail.\(index).1.weight", [cluster.1 - cluster.0, size], .output),
          ]
        }
    },
    layer: { shape, parameters, _ in
      AdaptiveSoftmax(cutoffs: shape.sizes, vocabularySize: shape.vocabularySize, parameters: parameters)
    })
}

extension OutputConfiguration {
  /// An adaptive softmax.
  ///
  /// - Parameter cutoffs: The first tokens of the clusters: ascending, above 0 and below V.
  public static func adaptiveSoftmax(cutoffs: [Int]) -> OutputConfiguration {
    OutputConfiguration("adaptive", sizes: cutoffs)
  }
}
