/// The Mersenne Twister MT19937, seeded and used for shuffling as NumPy's `RandomState` does.
///
/// It is here to repeat splits of data sets that were made with NumPy, to the last sentence; for all else there is
/// `RandomSource`.
///
/// Source: Matsumoto, Nishimura, "Mersenne Twister", 1998. The seed is spread by the linear congruential generator of the
/// reference implementation (Knuth, The Art of Computer Programming, volume 2), not by its `init_by_array`.
public struct MersenneTwister: Sendable, Hashable {
  private static let size = 624

  private var words: [UInt32]
  private var position = size

  /// Starts the sequence of a seed; NumPy's `RandomState(seed)` of an integer below 2³².
  public init(seed: UInt32) {
    words = [seed]
    words.reserveCapacity(Self.size)
    for index in 1..<UInt32(Self.size) {
      let before = words[Int(index) - 1]
      words.append(1_812_433_253 &* (before ^ before >> 30) &+ index)
    }
  }

  /// The next 32 random bits.
  public mutating func next() -> UInt32 {
    if position == Self.size { twist() }
    var word = words[position]
    position += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  /// A number from 0 through `last`, each as likely: bits are masked and drawn again until they are small enough.
  public mutating func next(through last: UInt32) -> UInt32 {
    guard last > 0 else { return 0 }
    let mask = UInt32.max >> UInt32(last.leadingZeroBitCount)
    while true {
      let number = next() & mask
      if number <= last { return number }
    }
  }

  /// Shuffles by Fisher and Yates from the end: the elements at i = n − 1, …, 1 change places with one of 0 … i.
  ///
  /// - Precondition: there are at most 2³² elements.
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    precondition(elements.count <= 1 << 32, "\(elements.count) elements are more than 32 bits can choose from")
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
