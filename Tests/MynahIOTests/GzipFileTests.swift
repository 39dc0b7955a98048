import Foundation
import MynahIO
import TestSupport
import Testing

@Suite("Gzip-compressed files")
struct GzipFileTests {
  /// A gzip member with one stored block.
  private func member(_ contents: [UInt8], flags: UInt8 = 0, extra: [UInt8] = []) -> [UInt8] {
    let count = UInt16(contents.count)
    return [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 255] + extra + [1] + count.littleEndianBytes
      + (~count).littleEndianBytes
      + contents + ArchiveBuilder.checksum(contents).littleEndianBytes + UInt32(contents.count).littleEndianBytes
  }

  private func contents(_ bytes: [UInt8], limit: Int = 1_000_000) throws -> String {
    String(decoding: try GzipFile.contents(bytes, path: "a.gz", limit: limit), as: UTF8.self)
  }

  /// "hello, hello, hello" compressed by Python's zlib, with an extra field, a name, a comment and a header checksum.
  private let full =
    "H4sIHgAAAAAA/wMAYWJjbmFtZS5hcnBhAGEgY29tbWVudACkzMtIzcnJ11HIQKIAn6HKCRMAAAA="
  /// 100,000 zeros, compressed to 132 bytes by Python's gzip.
  private let bomb =
    "H4sIAAAAAAACA+3BMQEAAADCoPVPbQ0PoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBXA32VEdSghgEA"

  private func decoded(_ text: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: text))) }

  @Test("Members with all header fields, several members, empty members and padding are read")
  func forms() throws {
    let hello = "hello, hello, hello"
    #expect(try contents(decoded(full)) == hello)
    #expect(try contents(member([])) == "")
    #expect(try contents(member(Array("a".utf8)) + member([]) + decoded(full) + [0, 0, 0]) == "a" + hello)
    #expect(try contents(member(Array("é".utf8), flags: 1)) == "é")
  }

  @Test("A file that is truncated anywhere is an error")
  func cutShort() throws {
    let bytes = try decoded(full)
    for length in 0..<bytes.count {
      #expect(throws: FileError.self, "\(length)") { try contents(Array(bytes[..<length])) }
    }
  }

  @Test("Every flipped bit is detected")
  func damage() throws {
    let bytes = try decoded(full)
    for place in 0..<bytes.count {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        // The header has its own checksum; if its flag is cleared, the checksum is read as compressed data.
        #expect(throws: FileError.self, "\(place) \(bit)") { try contents(damaged) }
      }
    }
  }

  @Test(
    "Errors name the problem",
    arguments: [
      ([0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 0], "method 7"), ([0x1F, 0x8B, 8, 0x80, 0, 0, 0, 0, 0, 0], "unknown flags"),
      (Array("hello, world".utf8), "has no gzip header"),
      ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0, 7], "damaged"),
    ])
  func reasons(bytes: [UInt8], reason: String) throws {
    let error = #expect(throws: FileError.self) { try contents(bytes) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test("Wrong checksums and sizes, and bytes after the last member, are errors")
  func trailer() throws {
    let bytes = member(Array("contents".utf8))
    for (place, reason) in [(bytes.count - 8, "checksum"), (bytes.count - 4, "size")] {
      var damaged = bytes
      damaged[place] ^= 1
      let error = #expect(throws: FileError.self) { try contents(damaged) }
      #expect(error?.description.contains(reason) == true)
    }
    let error = #expect(throws: FileError.self) { try contents(bytes + [0, 1]) }
    #expect(error?.description.contains("other bytes") == true)
  }

  @Test("Contents of all members that exceed the limit together are an error")
  func limit() throws {
    #expect(try contents(decoded(bomb), limit: 100_000).utf8.count == 100_000)
    #expect(throws: FileError.self) { try contents(decoded(bomb), limit: 99_999) }
    let two = member([1, 2, 3]) + member([4, 5, 6])
    #expect(try contents(two, limit: 6).utf8.count == 6)
    #expect(throws: FileError.self) { try contents(two, limit: 5) }
  }
}
