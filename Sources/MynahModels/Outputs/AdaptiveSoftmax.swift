public import MynahTensors

/// A softmax in two steps: over the frequent tokens and clusters of rare ones, then within a cluster, whose vectors are smaller.
///
///     p(v) = softmax(W x)_v                                          v < c₁
///     p(v) = softmax(W x)_{cluster i} · softmax(U_i P_i x)_{v − c_i}    c_i ≤ v < c_{i+1}
///
/// Most tokens of a text are frequent, so most rows cost c₁ numbers in place of V. Ids are to be numbered by falling frequency.
/// E. Grave, A. Joulin, M. Cissé, D. Grangier, H. Jégou, "Efficient softmax approximation for GPUs", 2017. Names, shapes and
/// values are those of PyTorch's `AdaptiveLogSoftmaxWithLoss`.
public struct AdaptiveSoftmax: Module {
  /// The clusters' vectors.
  public struct Tail: Sendable {
    /// P, shape [D, H].
    public var projection: Variable
    /// U, shape [tokens of the cluster, D].
    public var output: Variable
  }

  /// Where the clusters begin, ascending, and V at the end.
  public let cutoffs: [Int]
  /// W, shape [c₁ + clusters, H].
  public var head: Variable
  /// The clusters, the most frequent one first.
  public var tails: [Tail]

  /// Creates a layer with drawn weights.
  ///
  /// - Parameters:
  ///   - hiddenSize: H.
  ///   - vocabularySize: V.
  ///   - cutoffs: Where the clusters begin: ascending, above 0 and below V.
  ///   - divisor: Cluster i = 1, 2, … has vectors of max(⌊H / divisor^i⌋, 1) numbers; 1 or more.
  public init(
    hiddenSize: Int, vocabularySize: Int, cutoffs: [Int], divisor: Double = 4, initializer: Initializer,
    using random: inout RandomSource
  ) {
    let all = cutoffs + [vocabularySize]
    precondition(
      zip([0] + all, all).allSatisfy(<) && !cutoffs.isEmpty,
      "cutoffs must ascend between 0 and \(vocabularySize), found \(cutoffs)")
    precondition(divisor >= 1, "clusters' vectors are divided by 1 or more, found \(divisor)")
    self.cutoffs = all
    head = Variable(initializer.draw([cutoffs[0] + cutoffs.count, hiddenSize], using: &random))
    var size = Double(hiddenSize)
    tails = zip(all, all.dropFirst()).map { first, end in
      size /= divisor
      let width = max(Int(size), 1)
      return Tail(
        projection: Variable(initializer.draw([width, hiddenSize], using: &random)),
        output: Variable(initializer.draw([end - first, width], using: &random)))
    }
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "head.weight", &head)
    for index in tails.indices {
      try body(prefix + "tail.\(index).0.weight", &tails[index].projection)
      try body(prefix + "tail.\(index).1.weight", &tails[index].output)
    }
  }

  /// The cross-entropy against targets.
  ///
  /// - Parameters:
  ///   - hidden: x, shape [N, H].
  ///   - targets: N tokens, 0 ≤ target < V.
  ///   - weights: What each row counts, 0 for padding; ones if nil.
  ///   - scale: What the differentiable value is multiplied with.
  /// - Returns: `value`, the scaled loss, a scalar to differentiate; `nats`, the loss itself, −Σ weight · log p(target).
  public func crossEntropy(
    of hidden: Variable, targets: [Int32], weights: [Float]? = nil, scale: Float = 1
  ) -> (value: Variable, nats: Double) {
    precondition(
      targets.allSatisfy { $0 >= 0 && $0 < cutoffs[tails.count] }, "targets must lie in 0 ..< \(cutoffs[tails.count])")
    let first = cutoffs[0]
    let clusters = targets.map { cluster(of: $0) }
    let headTargets = zip(targets, clusters).map { target, cluster in cluster.map { Int32(first + $0) } ?? target }
    var (value, nats) = Self.plain(head).crossEntropy(
      of: hidden, targets: headTargets, weights: weights, scale: scale)
    for (index, tail) in tails.enumerated() {
      let rows = clusters.indices.filter { clusters[$0] == index }
      guard !rows.isEmpty else { continue }
      let inner = hidden.gathered(rows).matmul(tail.projection, transposingOther: true)
      let part = Self.plain(tail.output).crossEntropy(
        of: inner, targets: rows.map { targets[$0] - Int32(cutoffs[index]) },
        weights: weights.map { weights in rows.map { weights[$0] } }, scale: scale)
      value = value + part.value
      nats += part.nats
    }
    return (value, nats)
  }

  /// The logarithm of every token's probability, [N, V].
  public func logProbabilities(of hidden: Tensor) -> Tensor {
    let first = cutoffs[0]
    let head = hidden.matmul(head.value, transposingOther: true).logSoftmax()
    let parts = tails.enumerated().map { index, tail in
      let logits = hidden.matmul(tail.projection.value, transposingOther: true)
        .matmul(tail.output.value, transposingOther: true)
      return logits.logSoftmax() + head.slice(first + index..<first + index + 1, axis: 1)
    }
    return .concatenating([head.slice(0..<first, axis: 1)] + parts, axis: 1)
  }

  /// The cluster of a token; nil if it is among the frequent ones.
  private func cluster(of token: Int32) -> Int? {
    cutoffs.lastIndex { $0 <= Int(token) }
  }

  /// A map without a bias.
  private static func plain(_ weight: Variable) -> Linear {
    Linear(weight: weight, bias: Variable(Tensor.zeros([weight.shape[0]])))
  }
}
