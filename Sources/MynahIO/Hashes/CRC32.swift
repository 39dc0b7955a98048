/// A cyclic redundancy check of 32 bits in reflected order: all ones before the first byte, inverted at the end.
package struct CRC32: Sendable {
  /// The contribution of each value of a byte.
  private let table: [UInt32]

  /// The checksum of zip archives.
  package static let zip = CRC32(polynomial: 0xEDB8_8320)
  /// CRC-32C (Castagnoli), the checksum of record files; source: RFC 3720, B.4.
  package static let castagnoli = CRC32(polynomial: 0x82F6_3B78)

  /// Creates a check.
  ///
  /// - Parameter polynomial: Its bits in reversed order.
  private init(polynomial: UInt32) {
    table = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? polynomial : 0) }
    }
  }

  /// Returns the checksum of bytes.
  package func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
  }
}
