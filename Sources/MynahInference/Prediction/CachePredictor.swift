import Foundation
import MynahTensors

/// The settings of a continuous cache.
public struct CacheSettings: Hashable, Sendable {
  /// How many of the last tokens are remembered.
  public var size: Int
  /// θ: how much more a like place counts than an unlike one; 0 counts all alike.
  public var flatness: Double
  /// λ: the share of the cache.
  public var weight: Double

  /// Creates settings.
  ///
  /// - Precondition: the size is positive, the flatness not negative, the weight lies in 0 … 1.
  public init(size: Int = 500, flatness: Double = 0.3, weight: Double = 0.1) {
    precondition(size > 0, "a cache remembers a token at least, found \(size)")
    precondition(flatness >= 0 && (0...1).contains(weight), "flatness \(flatness) or weight \(weight) is out of range")
    (self.size, self.flatness, self.weight) = (size, flatness, weight)
  }
}

/// A network and a cache of what followed when it was in a like state before.
///
///     p(w) = (1 − λ) p_network(w) + λ p_cache(w)
///     p_cache(w) ∝ Σᵢ [w = xᵢ₊₁] exp(θ hₜ·hᵢ)
///
/// over the last places i that are remembered. While the cache is empty the network is believed alone.
///
/// E. Grave, A. Joulin, N. Usunier, "Improving neural language models with a continuous cache", 2017, equations 2 and 3.
public struct CachePredictor<Base: HiddenPredictor>: Predictor {
  /// The settings.
  public let settings: CacheSettings
  private var base: Base
  /// The places' vectors hᵢ, a ring of rows, and the tokens that followed them.
  private var vectors: [Float] = []
  private var followers: [Int32] = []
  /// The row that is overwritten next once all are filled.
  private var oldest = 0
  private var hasBegun = false

  /// Puts a cache around a network that has not begun a text, or around one that goes on with an empty cache.
  public init(_ base: Base, settings: CacheSettings = CacheSettings()) { (self.base, self.settings) = (base, settings) }

  public var vocabularySize: Int { base.vocabularySize }

  public mutating func read(_ ids: [Int32]) throws {
    if !hasBegun, let first = ids.first {
      try base.read([first])
      hasBegun = true
      return try read(Array(ids.dropFirst()))
    }
    // What is remembered are the vectors that tokens were predicted from.
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
    var result: [Double] = []
    result.reserveCapacity(ids.count)
    for first in stride(from: 0, to: ids.count, by: Self.stretch) {
      result += try scoreStretch(Array(ids[first..<min(first + Self.stretch, ids.count)]))
    }
    return result
  }

  /// The tokens that the network reads at once; their vectors are held.
  private static var stretch: Int { 1024 }

  private mutating func scoreStretch(_ ids: [Int32]) throws -> [Double] {
    let network = try base.scoreTellingHidden(ids)
    let width = network.hidden.count / max(ids.count, 1)
    return ids.enumerated().map { place, id in
      let hidden = network.hidden[place * width..<(place + 1) * width]
      let cached = shares(like: hidden).map { zip(followers, $0).reduce(0) { $1.0 == id ? $0 + $1.1 : $0 } }
      remember(hidden, id)
      let own = network.logProbabilities[place]
      return cached.map { log((1 - settings.weight) * exp(own) + settings.weight * $0) } ?? own
    }
  }

  /// exp(θ hₜ·hᵢ) over their sum, for each remembered place; nil if there is none.
  private func shares(like hidden: ArraySlice<Float>) -> [Double]? {
    guard !followers.isEmpty, settings.weight > 0 else { return nil }
    return vectors.products(with: hidden).map { settings.flatness * Double($0) }.softmax()
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
  /// The inner products of the rows of a matrix, this one, with a vector.
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
