import MynahIO

/// The Mersenne Twister MT19937, with the seeding and shuffling of NumPy's `RandomState`.
///
/// It exists to reproduce data set splits made with NumPy exactly; use `RandomSource` for everything else.
///
/// Source: Matsumoto, Nishimura, "Mersenne Twister", 1998. The state is initialised by the linear congruential
/// generator of the reference implementation (Knuth, The Art of Computer Programming, volume 2), not by its
/// `init_by_array`.
public struct MersenneTwister: Sendable, Hashable {
  private static let size = 624

  private var words: [UInt32]
  private var position = size

  /// Creates a generator from a seed, equivalent to NumPy's `RandomState(seed)` for an integer below 2³².
  public init(seed: UInt32) {
    words = [seed]
    words.reserveCapacity(Self.size)
    for index in 1..<UInt32(Self.size) {
      let before = words[Int(index) - 1]
      words.append(1_812_433_253 &* (before ^ before >> 30) &+ index)
    }
  }

  /// Returns the next 32 random bits.
  public mutating func next() -> UInt32 {
    if position == Self.size { twist() }
    var word = words[position]
    position += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  /// Returns a uniformly distributed integer in `0...last`, by rejection sampling of masked bits.
  public mutating func next(through last: UInt32) -> UInt32 {
    guard last > 0 else { return 0 }
    let mask = UInt32.max >> UInt32(last.leadingZeroBitCount)
    while true {
      let number = next() & mask
      if number <= last { return number }
    }
  }

  /// Shuffles elements by Fisher–Yates from the end: each element at i = n − 1, …, 1 is swapped with one of 0 … i.
  ///
  /// - Precondition: There are at most 2³² elements.
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    require(elements.count <= 1 << 32, "\(elements.count) elements are more than 32 bits can choose from")
    for index in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(index, Int(next(through: UInt32(index))))
    }
  }

  private mutating func twist() {
    for index in 0..<Self.size {
      let joined = words[index] & 0x8000_0000 | words[(index + 1) % Self.size] & 0x7FFF_FFFF
      words[index] = words[(index + 397) % Self.size] ^ joined >> 1 ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    position = 0
  }
}
