import Foundation
import MynahIO
import MynahTensors

/// The settings of a continuous cache.
public struct CacheSettings: Hashable, Sendable {
  /// The number of most recent tokens that are stored.
  public var size: Int
  /// θ, which sharpens the weights of similar states; 0 weights all states equally.
  public var theta: Double
  /// λ, the weight of the cache in the mixture.
  public var weight: Double

  /// Creates settings.
  ///
  /// - Precondition: the size is positive, the theta is not negative, the weight is in 0 … 1.
  public init(size: Int = 500, theta: Double = 0.3, weight: Double = 0.1) {
    require(size > 0, "a cache must store at least one token, got \(size)")
    require(theta >= 0 && (0...1).contains(weight), "theta \(theta) or weight \(weight) is out of range")
    (self.size, self.theta, self.weight) = (size, theta, weight)
  }
}

/// A network with a continuous cache: the tokens that followed similar states of the text so far become more probable.
///
///     p(w) = (1 − λ) p_network(w) + λ p_cache(w)
///     p_cache(w) ∝ Σᵢ [w = xᵢ₊₁] exp(θ hₜ·hᵢ)
///
/// over the stored positions i. While the cache is empty, p is the network's prediction.
///
/// E. Grave, A. Joulin, N. Usunier, "Improving neural language models with a continuous cache", 2017, equations 2, 3.
public struct CachePredictor<Base: HiddenPredictor>: Predictor {
  /// The settings.
  public let settings: CacheSettings
  private var base: Base
  /// The hidden vectors hᵢ, a ring buffer of rows, and the tokens that followed them.
  private var vectors: [Float] = []
  private var followers: [Int32] = []
  /// The row that is overwritten next once all are filled.
  private var oldest = 0
  private var hasBegun = false

  /// Wraps a network, which may have begun a text; the cache is empty.
  public init(_ base: Base, settings: CacheSettings = CacheSettings()) { (self.base, self.settings) = (base, settings) }

  public var vocabularySize: Int { base.vocabularySize }

  public var scoringLength: Int { base.scoringLength }

  public mutating func read(_ ids: [Int32]) throws {
    try check(ids)
    if !hasBegun, let first = ids.first {
      try base.read([first])
      hasBegun = true
      return try read(Array(ids.dropFirst()))
    }
    // The cache stores the vectors that tokens were predicted from.
    _ = try score(ids)
  }

  public mutating func logProbabilities() throws -> [Double] {
    var result = try base.logProbabilities()
    guard let shares = shares(like: try base.hidden()[...]) else { return result }
    let kept = log(1 - settings.weight)
    var cached: [Int32: Double] = [:]
    for (id, share) in zip(followers, shares) { cached[id, default: 0] += share }
    for id in result.indices { result[id] += kept }
    for (id, share) in cached {
      result[Int(id)] = log(exp(result[Int(id)]) + settings.weight * share)
    }
    return result
  }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    try check(ids)
    var result: [Double] = []
    result.reserveCapacity(ids.count)
    for first in stride(from: 0, to: ids.count, by: Self.chunkSize) {
      result += try scoreChunk(Array(ids[first..<min(first + Self.chunkSize, ids.count)]))
    }
    return result
  }

  /// The number of tokens that the network reads at once; their hidden vectors are in memory.
  private static var chunkSize: Int { 1024 }

  private mutating func scoreChunk(_ ids: [Int32]) throws -> [Double] {
    let network = try base.scoreReturningHidden(ids)
    let width = network.hidden.count / max(ids.count, 1)
    return ids.enumerated().map { place, id in
      let hidden = network.hidden[place * width..<(place + 1) * width]
      let cached = shares(like: hidden).map { zip(followers, $0).reduce(0) { $1.0 == id ? $0 + $1.1 : $0 } }
      remember(hidden, id)
      let own = network.logProbabilities[place]
      return cached.map { log((1 - settings.weight) * exp(own) + settings.weight * $0) } ?? own
    }
  }

  /// Returns exp(θ hₜ·hᵢ) for each stored position, divided by their sum; nil if no position is stored or λ is 0.
  private func shares(like hidden: ArraySlice<Float>) -> [Double]? {
    guard !followers.isEmpty, settings.weight > 0 else { return nil }
    return vectors.products(with: hidden).map { settings.theta * Double($0) }.softmax()
  }

  private mutating func remember(_ hidden: ArraySlice<Float>, _ follower: Int32) {
    guard followers.count == settings.size else {
      vectors += hidden
      return followers.append(follower)
    }
    let start = oldest * hidden.count
    for (column, number) in hidden.enumerated() { vectors[start + column] = number }
    followers[oldest] = follower
    oldest = (oldest + 1) % settings.size
  }
}

extension [Float] {
  /// Returns the inner products of the rows of this matrix with a vector.
  fileprivate func products(with vector: ArraySlice<Float>) -> [Float] {
    let width = vector.count
    let blocks = width / 16 * 16
    return unsafe withUnsafeBytes { rows in
      unsafe vector.withUnsafeBytes { vector in
        let bytes = MemoryLayout<Float>.size
        return stride(from: 0, to: count, by: width).map { row in
          var sums = SIMD16<Float>.zero
          for column in stride(from: 0, to: blocks, by: 16) {
            let left = unsafe rows.loadUnaligned(fromByteOffset: (row + column) * bytes, as: SIMD16<Float>.self)
            unsafe sums += left * vector.loadUnaligned(fromByteOffset: column * bytes, as: SIMD16<Float>.self)
          }
          var sum = sums.sum()
          for column in blocks..<width {
            let left = unsafe rows.loadUnaligned(fromByteOffset: (row + column) * bytes, as: Float.self)
            unsafe sum += left * vector.loadUnaligned(fromByteOffset: column * bytes, as: Float.self)
          }
          return sum
        }
      }
    }
  }
}
