import Foundation
import MynahIO
import TestSupport
import Testing

@Suite("Files that are compressed with gzip")
struct GzipFileTests {
  /// A member with stored contents.
  private func member(_ contents: [UInt8], flags: UInt8 = 0, extra: [UInt8] = []) -> [UInt8] {
    let count = UInt16(contents.count)
    return [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 255] + extra + [1] + count.littleEndianBytes
      + (~count).littleEndianBytes
      + contents + ArchiveBuilder.checksum(contents).littleEndianBytes + UInt32(contents.count).littleEndianBytes
  }

  private func contents(_ bytes: [UInt8], limit: Int = 1_000_000) throws -> String {
    String(decoding: try GzipFile.contents(bytes, path: "a.gz", limit: limit), as: UTF8.self)
  }

  /// "hello, hello, hello" as Python's zlib compresses it, with an extra field, a name, a comment and the header's
  /// checksum.
  private let full =
    "H4sIHgAAAAAA/wMAYWJjbmFtZS5hcnBhAGEgY29tbWVudACkzMtIzcnJ11HIQKIAn6HKCRMAAAA="
  /// 100,000 zeros in 132 bytes, as Python's gzip writes them.
  private let bomb =
    "H4sIAAAAAAACA+3BMQEAAADCoPVPbQ0PoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBXA32VEdSghgEA"

  private func decoded(_ text: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: text))) }

  @Test("Members with all parts of a header, several members, empty ones and padding are read")
  func forms() throws {
    let hello = "hello, hello, hello"
    #expect(try contents(decoded(full)) == hello)
    #expect(try contents(member([])) == "")
    #expect(try contents(member(Array("a".utf8)) + member([]) + decoded(full) + [0, 0, 0]) == "a" + hello)
    #expect(try contents(member(Array("é".utf8), flags: 1)) == "é")
  }

  @Test("A file that is cut short anywhere is an error")
  func cutShort() throws {
    let bytes = try decoded(full)
    for length in 0..<bytes.count {
      #expect(throws: FileError.self, "\(length)") { try contents(Array(bytes[..<length])) }
    }
  }

  @Test("No damaged bit goes unnoticed, but for those that do not affect the contents")
  func damage() throws {
    let bytes = try decoded(full)
    for place in 0..<bytes.count {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        // The header has a checksum of its own; without that flag, it is compressed data.
        #expect(throws: FileError.self, "\(place) \(bit)") { try contents(damaged) }
      }
    }
  }

  @Test(
    "An error names what is wrong",
    arguments: [
      ([0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 0], "method 7"), ([0x1F, 0x8B, 8, 0x80, 0, 0, 0, 0, 0, 0], "unknown flags"),
      (Array("hello, world".utf8), "does not begin"),
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

  @Test("Contents that exceed the limit are refused, of all members together")
  func limit() throws {
    #expect(try contents(decoded(bomb), limit: 100_000).utf8.count == 100_000)
    #expect(throws: FileError.self) { try contents(decoded(bomb), limit: 99_999) }
    let two = member([1, 2, 3]) + member([4, 5, 6])
    #expect(try contents(two, limit: 6).utf8.count == 6)
    #expect(throws: FileError.self) { try contents(two, limit: 5) }
  }
}
