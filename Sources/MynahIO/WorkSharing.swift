/// The processes that share the pieces of some work, each of which has the whole input.
package struct WorkSharing: Sendable {
  /// The number of this process, in 0 ..< `rankCount`.
  package let rank: Int
  /// The number of processes.
  package let rankCount: Int
  /// Returns the bytes that each process passes, by rank.
  package let gather: @Sendable ([UInt8]) throws -> [[UInt8]]

  package init(rank: Int, rankCount: Int, gather: @escaping @Sendable ([UInt8]) throws -> [[UInt8]]) {
    (self.rank, self.rankCount, self.gather) = (rank, rankCount, gather)
  }

  /// Returns the numbers that each process passes, by rank.
  package func gather(_ numbers: [Double]) throws -> [[Double]] {
    var writer = PackedBytes()
    for number in numbers { writer.append(number.bitPattern) }
    return try gather(writer.bytes).map { bytes in
      var reader = PackedBytes(bytes)
      return (0..<bytes.count / 8).compactMap { _ in reader.next().map { Double(bitPattern: $0) } }
    }
  }
}

/// Numbers and runs of bytes, one after another, as a message.
package struct PackedBytes: Sendable {
  package private(set) var bytes: [UInt8]
  private var place = 0

  /// Creates a message to read or to write.
  package init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  package mutating func append(_ number: UInt64) {
    for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))) }
  }

  /// Appends bytes with their number before them.
  package mutating func append(_ run: some Collection<UInt8>) {
    append(UInt64(run.count))
    bytes += run
  }

  /// Returns the next number; nil at the end.
  package mutating func next() -> UInt64? {
    guard bytes.count - place >= 8 else { return nil }
    defer { place += 8 }
    return (0..<8).reduce(0) { $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1)) }
  }

  /// Returns the next run of bytes; nil at the end, and if bytes are missing.
  package mutating func nextRun() -> ArraySlice<UInt8>? {
    guard let count = next(), count <= UInt64(bytes.count - place) else { return nil }
    defer { place += Int(count) }
    return bytes[place..<place + Int(count)]
  }
}
