import MynahIO
import Testing

struct LittleEndianTests {
  @Test("The least significant byte comes first")
  func bytes() {
    #expect(UInt32(0x0102_0304).littleEndianBytes == [4, 3, 2, 1] && UInt8(7).littleEndianBytes == [7])
    #expect(UInt64(littleEndianBytes: [4, 3, 2]) == 0x02_0304 && UInt16(littleEndianBytes: []) == 0)
    #expect(Int64(littleEndianBytes: Int64(-5).littleEndianBytes) == -5)
  }
}
