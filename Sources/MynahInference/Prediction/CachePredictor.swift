import Foundation

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
    for id in ids {
      if hasBegun { remember(try base.hidden(), id) }
      try base.read([id])
      hasBegun = true
    }
  }

  public mutating func logProbabilities() throws -> [Float] {
    var result = try base.logProbabilities()
    guard let shares = try shares() else { return result }
    let kept = Float(log(1 - settings.weight))
    var cached: [Int32: Double] = [:]
    for (id, share) in zip(followers, shares) { cached[id, default: 0] += share }
    for id in result.indices { result[id] += kept }
    for (id, share) in cached {
      result[Int(id)] = Float(log(exp(Double(result[Int(id)])) + settings.weight * share))
    }
    return result
  }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    try ids.map { id in
      let hidden = try base.hidden()
      let shares = try shares()
      let network = try base.score([id])[0]
      let cached = shares.map { zip(followers, $0).reduce(0) { $1.0 == id ? $0 + $1.1 : $0 } }
      remember(hidden, id)
      return cached.map { log((1 - settings.weight) * exp(network) + settings.weight * $0) } ?? network
    }
  }

  /// exp(θ hₜ·hᵢ) over their sum, for each remembered place; nil if there is none.
  private mutating func shares() throws -> [Double]? {
    guard !followers.isEmpty, settings.weight > 0 else { return nil }
    let hidden = try base.hidden()
    let products = vectors.products(with: hidden)
    let largest = Double(products.max() ?? 0)
    let weights = products.map { exp(settings.flatness * (Double($0) - largest)) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  private mutating func remember(_ hidden: [Float], _ follower: Int32) {
    guard followers.count == settings.size else {
      vectors += hidden
      return followers.append(follower)
    }
    vectors.replaceSubrange(oldest * hidden.count..<(oldest + 1) * hidden.count, with: hidden)
    followers[oldest] = follower
    oldest = (oldest + 1) % settings.size
  }
}

extension [Float] {
  /// The inner products of the rows of a matrix, this one, with a vector.
  fileprivate func products(with vector: [Float]) -> [Float] {
    let width = vector.count
    return unsafe withUnsafeBufferPointer { rows in
      unsafe vector.withUnsafeBufferPointer { vector in
        stride(from: 0, to: rows.count, by: width).map { start in
          // Sixteen sums side by side, which the compiler makes vectors of.
          var sums = SIMD16<Float>.zero
          var column = 0
          while column + 16 <= width {
            var (left, right) = (SIMD16<Float>.zero, SIMD16<Float>.zero)
            for lane in 0..<16 {
              left[lane] = unsafe rows[start + column + lane]
              right[lane] = unsafe vector[column + lane]
            }
            sums += left * right
            column += 16
          }
          var sum = sums.sum()
          while column < width {
            unsafe sum += rows[start + column] * vector[column]
            column += 1
          }
          return sum
        }
      }
    }
  }
}
