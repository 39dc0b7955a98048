import MynahTensors

/// A sampling step, which changes logits or rules out tokens before a token is drawn.
///
/// A `Sampler` applies its steps in order. A logit of −∞ rules out a token. A custom step only has to implement
/// `callAsFunction(_:at:)`.
public protocol SamplingStep: Sendable {
  /// The number of previous tokens that the step uses.
  var reach: Int { get }
  /// A Boolean value indicating whether the step uses the number of occurrences of the generated tokens.
  var usesCounts: Bool { get }

  /// Changes the logits of all tokens, [V].
  func callAsFunction(_ logits: inout [Float], at place: SamplingPlace)
}

extension SamplingStep {
  public var reach: Int { 0 }
  public var usesCounts: Bool { false }
}

/// The position of a text at which a token is drawn.
public struct SamplingPlace: Hashable, Sendable {
  /// The number of tokens since the prompt.
  public let position: Int
  /// The most recent tokens, including those of the prompt, oldest first: as many as the steps use, or all if there are
  /// fewer.
  public let recentTokens: [Int32]
  /// The number of occurrences of each token since the prompt, if a step uses it.
  public let counts: [Int32: Int]

  /// Creates a position.
  public init(position: Int = 0, recentTokens: [Int32] = [], counts: [Int32: Int] = [:]) {
    (self.position, self.recentTokens, self.counts) = (position, recentTokens, counts)
  }
}

extension [Float] {
  /// Rules out all tokens except some.
  mutating func keep(_ ids: some Sequence<Int>) {
    let kept = ids.map { ($0, self[$0]) }
    self = [Float](repeating: -.infinity, count: count)
    for (id, logit) in kept { self[id] = logit }
  }

  /// Returns the tokens with the largest logits, largest first, without those ruled out; ties are broken by the lower
  /// ID.
  package func largest(_ limit: Int) -> [Int] {
    guard limit > 0 else { return [] }
    let threshold = threshold(ofLargest: limit)
    let found = indices.filter { self[$0] >= threshold && self[$0] > -.infinity }
    let sorted: [Int] = found.sorted { (self[$1], $0) < (self[$0], $1) }
    return Array<Int>(sorted.prefix(limit))
  }

  /// Returns the smallest of the `limit` largest logits, found with a heap; −∞ if there are at most `limit` logits.
  private func threshold(ofLargest limit: Int) -> Float {
    guard limit < count else { return -.infinity }
    var heap: [Float] = []
    heap.reserveCapacity(limit)
    for logit in self {
      if heap.count < limit {
        heap.append(logit)
        if heap.count == limit { heap.sort() }
      } else if logit > heap[0] {
        heap.replaceSmallest(with: logit)
      }
    }
    return heap.first ?? .infinity
  }

  /// Replaces the smallest element of a heap, which is the first.
  private mutating func replaceSmallest(with logit: Float) {
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count && self[child + 1] < self[child] { child += 1 }
      guard self[child] < logit else { break }
      self[place] = self[child]
      place = child
    }
    self[place] = logit
  }

  /// Keeps the first tokens of an order until their probabilities add up to a mass, and rules out all others.
  ///
  /// - Returns: True if the order reaches the mass; if not, nothing is changed.
  mutating func keep(_ order: [Int], untilReaching mass: Double, _ probabilities: [Double]) -> Bool {
    var sum = 0.0
    let last = order.firstIndex { id in
      sum += probabilities[id]
      return sum >= mass
    }
    guard let last else { return false }
    keep(order[...last])
    return true
  }
}

extension Array where Element: BinaryFloatingPoint {
  /// Returns the rank of a token; the largest element has rank 1, and ties are broken by the lower index.
  @inlinable
  package func rank(of id: Int32) -> Int {
    let own = self[Int(id)]
    var ahead = 0
    for (other, number) in enumerated() where number > own || number == own && other < Int(id) { ahead += 1 }
    return ahead + 1
  }
}
