import MynahTensors

extension Dataset {
  /// The elements in a random order, drawn from a buffer, so that a stream larger than memory can be shuffled.
  ///
  /// The buffer is filled with the first n elements. Then, again and again, one of its c elements is given out, the one
  /// at index ⌊r·c / 2⁶⁴⌋ for the next 64 random bits r, and the stream's next element takes its place; once the stream
  /// has ended, the buffer's last element does. An element is therefore given out at most n − 1 places early, and a buffer
  /// as large as the stream makes every order equally likely. The algorithm is that of TensorFlow's `Dataset.shuffle`.
  ///
  /// - Parameters:
  ///   - buffer: How many elements are held, n, at least 1; 1 keeps the order.
  ///   - seed: Where the random numbers begin: those of pass p are the stream 2⁶³ + p of a `RandomSource` of this seed.
  ///   - reshuffles: Whether each pass has an order of its own; without, all have that of pass 0.
  public func shuffle(buffer: Int, seed: UInt64, reshuffles: Bool = true) -> Dataset {
    precondition(buffer > 0, "a buffer to shuffle in holds at least 1 element, found \(buffer)")
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
