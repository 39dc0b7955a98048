import MynahIO
import Testing

struct CRC32Tests {
  @Test(
    "CRC-32C matches published examples",
    arguments: [
      // RFC 3720, B.4, and the standard check value.
      (Array("123456789".utf8), 0xE306_9283), ([], 0), (Array(repeating: 0, count: 32), 0x8A91_36AA),
      (Array(repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
    ] as [([UInt8], UInt32)])
  func checksum(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32.castagnoli.checksum(of: bytes) == expected)
  }

  @Test("The checksum of zip archives has the standard check value")
  func zip() { #expect(CRC32.zip.checksum(of: "123456789".utf8) == 0xCBF4_3926) }
}
