/// A 32-bit cyclic redundancy check in reflected bit order, initialised to all ones and inverted at the end.
package struct CRC32: Sendable {
  /// The lookup table, indexed by byte value.
  private let table: [UInt32]

  /// The checksum that zip archives use.
  package static let zip = CRC32(polynomial: 0xEDB8_8320)
  /// CRC-32C (Castagnoli), the checksum that record files use; source: RFC 3720, B.4.
  package static let castagnoli = CRC32(polynomial: 0x82F6_3B78)

  /// Creates a check.
  ///
  /// - Parameter polynomial: The bit-reversed polynomial.
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
