import MynahIO

/// A seeded, counter-based source of random bits: Philox 4×32-10.
///
/// Block number `n` of stream `s` is a function of (seed, s, n) alone, so a source can be saved, copied, moved to any
/// position in constant time and recomputed from any thread. Equal seeds give equal bits on every platform.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct RandomSource: RandomNumberGenerator, Codable, Hashable, Sendable {
  /// The seed: Philox's 64-bit key.
  public let seed: UInt64
  /// The stream's number: the upper half of Philox's 128-bit counter.
  public let stream: UInt64
  /// The number of 64-bit words drawn so far: two per block of Philox.
  public private(set) var position: UInt64

  /// Creates a source at the beginning of a stream.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    position = 0
  }

  /// Returns the next 64 random bits.
  public mutating func next() -> UInt64 {
    let block = Self.block(seed: seed, stream: stream, index: position / 2)
    defer { position += 1 }
    return position.isMultiple(of: 2) ? block.0 : block.1
  }

  /// Returns a source that is independent of this source's later draws; this source advances by one word.
  public mutating func split() -> RandomSource { RandomSource(seed: next(), stream: stream) }

  /// Returns the two 64-bit words of one block of Philox 4×32-10.
  static func block(seed: UInt64, stream: UInt64, index: UInt64) -> (UInt64, UInt64) {
    var c0 = UInt32(truncatingIfNeeded: index)
    var c1 = UInt32(truncatingIfNeeded: index >> 32)
    var c2 = UInt32(truncatingIfNeeded: stream)
    var c3 = UInt32(truncatingIfNeeded: stream >> 32)
    var k0 = UInt32(truncatingIfNeeded: seed)
    var k1 = UInt32(truncatingIfNeeded: seed >> 32)
    for _ in 0..<10 {
      let p0 = UInt64(c0) * 0xD251_1F53
      let p1 = UInt64(c2) * 0xCD9E_8D57
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (UInt64(c1) << 32 | UInt64(c0), UInt64(c3) << 32 | UInt64(c2))
  }
}

// MARK: Draws

extension RandomSource {
  /// Returns a value drawn uniformly from 0 ..< 1, with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Returns a value drawn uniformly from a range, with 24 random bits.
  ///
  /// - Precondition: the bounds are finite.
  public mutating func uniform(in range: Range<Float>) -> Float {
    let unit = Float(next() >> 40) * 0x1p-24
    let value = range.lowerBound + unit * (range.upperBound - range.lowerBound)
    return value < range.upperBound ? value : range.lowerBound
  }

  /// Returns an index drawn with a probability proportional to its weight.
  ///
  /// - Precondition: The weights are finite and non-negative, and at least one is positive.
  public mutating func index(weights: [Double]) -> Int {
    let total = weights.reduce(0, +)
    require(total > 0 && total.isFinite, "weights must be finite and one must be positive")
    var rest = uniform() * total
    var last = 0
    for (index, weight) in weights.enumerated() where weight > 0 {
      if rest < weight { return index }
      rest -= weight
      last = index
    }
    return last
  }
}
