/// Numbers and runs of bytes, one after another, as a message between processes.
package struct PackedBytes: Sendable {
  package private(set) var bytes: [UInt8]
  /// The place of the next number or run to read.
  private var place = 0

  /// Creates a message to read or to write.
  package init(_ bytes: some Sequence<UInt8> = []) { self.bytes = Array(bytes) }

  package mutating func append(_ number: UInt64) { bytes += number.littleEndianBytes }

  /// Appends bytes, preceded by their count.
  package mutating func append(_ run: some Collection<UInt8>) {
    append(UInt64(run.count))
    bytes += run
  }

  /// Returns the next number; nil at the end.
  package mutating func next() -> UInt64? {
    guard bytes.count - place >= 8 else { return nil }
    defer { place += 8 }
    return UInt64(littleEndianBytes: bytes[place..<place + 8])
  }

  /// Returns the next number as a count; nil at the end, or if it does not fit in an `Int`.
  package mutating func nextCount() -> Int? { next().flatMap(Int.init(exactly:)) }

  /// Returns the next run of bytes; nil at the end, or if bytes are missing.
  package mutating func nextRun() -> ArraySlice<UInt8>? {
    guard let count = nextCount(), count <= bytes.count - place else { return nil }
    defer { place += count }
    return bytes[place..<place + count]
  }
}
