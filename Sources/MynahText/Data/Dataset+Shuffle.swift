import MynahIO
import MynahTensors

extension Dataset {
  /// Returns the elements in a random order, drawn from a buffer, so that a stream larger than memory can be shuffled.
  ///
  /// The buffer is filled with the first n elements. Then one of its c elements is returned repeatedly: the one at
  /// index ⌊r·c / 2⁶⁴⌋ for the next 64 random bits r. It is replaced by the stream's next element or, after the end of
  /// the stream, by the buffer's last element. An element is therefore returned at most n − 1 positions early, and a
  /// buffer as large as the stream makes every order equally likely. The algorithm is that of TensorFlow's
  /// `Dataset.shuffle`.
  ///
  /// - Parameters:
  ///   - buffer: The buffer size n, at least 1; 1 keeps the order.
  ///   - seed: The random seed: pass p uses stream 2⁶³ + p of a `RandomSource` with this seed.
  ///   - reshuffles: A Boolean value indicating whether each pass has its own order; otherwise, all passes use the
  ///     order of pass 0.
  public func shuffle(buffer: Int, seed: UInt64, reshuffles: Bool = true) -> Dataset {
    require(buffer > 0, "a shuffle buffer must have room for at least 1 element, got \(buffer)")
    return Dataset { pass in
      let elements = iterator(pass: pass)
      var random = RandomSource(seed: seed, stream: 1 << 63 | (reshuffles ? UInt64(pass) : 0))
      var held: [Element] = []
      var isFilled = false
      return AnyIterator {
        if !isFilled {
          while held.count < buffer, let element = elements.next() { held.append(element) }
          isFilled = true
        }
        guard !held.isEmpty else { return nil }
        let index = Int(random.next().multipliedFullWidth(by: UInt64(held.count)).high)
        if let replacement = elements.next() {
          defer { held[index] = replacement }
          return held[index]
        }
        held.swapAt(index, held.count - 1)
        return held.removeLast()
      }
    }
  }
}
