import MynahIO
import MynahTensors
import TestSupport
import Testing

@Suite("Zip archives")
struct ZipArchiveTests {
  private let golden: [UInt8]

  init() throws { golden = try GoldenArchive.bytes() }

  @Test("Files that Python stored and compressed, by every kind of block, come back as they were")
  func contents() throws {
    let archive = try ZipArchive(golden, path: "golden.zip")
    let sums = try #require(archive.entries.first { $0.name == "sha256sums" })
    let lines = String(decoding: try archive.contents(of: sums), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == archive.entries.count - 1 && lines.count == 11)
    for line in lines {
      let name = String(line.dropFirst(66))
      let entry = try #require(archive.entries.first { $0.name == name })
      let contents = try archive.contents(of: entry)
      #expect(SHA256.hexadecimal(of: contents) == line.prefix(64), "\(name)")
      #expect(contents.count == entry.byteCount)
    }
  }

  @Test("A damaged archive is an error, never a crash, and no damage goes unnoticed")
  func damage() throws {
    func isSound(_ bytes: [UInt8]) -> Bool {
      guard let archive = try? ZipArchive(bytes, path: "a.zip") else { return false }
      return archive.entries.allSatisfy { (try? archive.contents(of: $0)) != nil }
    }
    #expect(isSound(golden) && !isSound([]) && !isSound(Array(golden.prefix(golden.count / 2))))
    for length in [1, 10, 21, 22, 23, 100] { #expect(!isSound(Array(golden.suffix(length)))) }
    var random = RandomSource(seed: 2)
    let archive = try ZipArchive(golden, path: "a.zip")
    for _ in 0..<60 {
      // A bit somewhere: what is read then is what it was, or an error.
      var bytes = golden
      bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
      guard let damaged = try? ZipArchive(bytes, path: "a.zip") else { continue }
      for entry in damaged.entries {
        guard let contents = try? damaged.contents(of: entry) else { continue }
        let original = archive.entries.first {
          $0.byteCount == entry.byteCount && (try? archive.contents(of: $0)) == contents
        }
        #expect(original != nil)
      }
    }
  }

  @Test("Compressed bytes that contradict the format and those that are truncated are different errors")
  func inflate() throws {
    // A stored block of "ab", then a block of the kind that does not exist.
    #expect(try Inflate.expand([1, 2, 0, 0xFD, 0xFF, 0x61, 0x62], limit: 2) == [0x61, 0x62])
    // "a" in a block of the fixed codes.
    #expect(try Inflate.expand([0x4B, 0x04, 0x00], limit: 1) == [0x61])
    #expect(throws: Inflate.Failure.tooLong) { try Inflate.expand([0x4B, 0x04, 0x00], limit: 0) }
    #expect(throws: Inflate.Failure.cutShort) { try Inflate.expand([], limit: 9) }
    #expect(throws: Inflate.Failure.cutShort) { try Inflate.expand([0x4B, 0x04], limit: 9) }
    #expect(throws: Inflate.Failure.malformed) { try Inflate.expand([0x07], limit: 9) }
    #expect(throws: Inflate.Failure.malformed) { try Inflate.expand([1, 2, 0, 0xFF, 0xFF, 0x61, 0x62], limit: 9) }
    // A copy from before the beginning: length 3, distance 1.
    #expect(throws: Inflate.Failure.malformed) { try Inflate.expand([0x03, 0x02, 0x00, 0x00], limit: 9) }
  }
}
