import MynahIO
import MynahTensors
import TestSupport
import Testing

@Suite("Zip archives")
struct ZipArchiveTests {
  private let golden: [UInt8]

  init() throws { golden = try GoldenArchive.bytes() }

  @Test("Files that Python stored or compressed, with every kind of block, are extracted unchanged")
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

  @Test("Reading a damaged archive gives the original contents or an error, never a crash")
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
      // Flip one bit: reading gives the original contents or an error.
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

  @Test("Archives with 64-bit sizes, data descriptors, padding or comments are read, from memory and from a file")
  func forms() throws {
    let files = [("a", [UInt8]("contents".utf8)), ("folder/", []), ("empty", []), ("b/ü", [1, 2, 3])]
    var builders = [ArchiveBuilder(files), ArchiveBuilder(files), ArchiveBuilder(files), ArchiveBuilder(files)]
    builders[1].isZip64 = true
    builders[2].hasDataDescriptors = true
    builders[2].members[0].extra = [UInt8](repeating: 0x5A, count: 50)
    builders[3].comment = [UInt8](repeating: 0x50, count: 0xFFFF)
    builders[3].isZip64 = true
    let folder = try ScratchFolder()
    for builder in builders {
      let path = try folder.put(builder.bytes, as: "a.zip")
      for archive in [try ZipArchive(builder.bytes, path: "a.zip"), try ZipArchive(.file(InputFile(path: path)))] {
        #expect(archive.entries.map(\.name) == ["a", "empty", "b/ü"])
        #expect(try archive.entries.map { try archive.contents(of: $0) } == [files[0].1, [], [1, 2, 3]])
      }
    }
  }

  /// A self-contradictory archive and part of its error message.
  private struct FalseArchive: CustomTestStringConvertible, Sendable {
    let builder: ArchiveBuilder
    let words: String
    var testDescription: String { words }

    init(_ words: String, _ change: (inout ArchiveBuilder) -> Void) {
      var builder = ArchiveBuilder([("a", [UInt8](repeating: 1, count: 1000)), ("b", [7])])
      builder.isZip64 = true
      change(&builder)
      (self.builder, self.words) = (builder, words)
    }
  }

  private static let falseArchives = [
    FalseArchive("larger than the archive") { $0.members[0].compressedByteCount = 1 << 40 },
    FalseArchive("larger than the archive") { $0.members[0].compressedByteCount = .max },
    FalseArchive("2^63 bytes or more") { $0.members[0].compressedByteCount = -1 },
    FalseArchive("stored with two different sizes") { $0.members[0].byteCount = 9 },
    FalseArchive("cut short") { $0.members[0].headerOffset = 1 << 50 },
    FalseArchive("no header") { $0.members[0].headerOffset = 5 },
    FalseArchive("different name in its header") { $0.members[1].headerOffset = 0 },
    FalseArchive("different name in its header") { $0.members[0].headerName = "c" },
    FalseArchive("encrypted") { $0.members[0].flags = 1 },
    FalseArchive("unknown method 9") { $0.members[0].method = 9 },
    FalseArchive("checksum") { $0.members[0].checksum = 0 },
    FalseArchive("cut short") { $0.count = .max },
    FalseArchive("cut short") { $0.count = 3 },
    // Three files with the same bytes, each nearly as large as the archive.
    FalseArchive("larger than the archive") { builder in
      for _ in 0..<2 {
        var copy = builder.members[0]
        (copy.contents, copy.headerOffset) = ([], 0)
        builder.members.append(copy)
      }
    },
  ]

  @Test(
    "Sizes and offsets that contradict the archive are errors before any memory is allocated for them",
    arguments: falseArchives)
  private func falseSizes(archive: FalseArchive) throws {
    let error = #expect(throws: FileError.self) {
      let read = try ZipArchive(archive.builder.bytes, path: "a.zip")
      for entry in read.entries { _ = try read.contents(of: entry) }
    }
    let words = "\(try #require(error))"
    #expect(words.contains(archive.words), "\(words)")
  }

  @Test("A missing checksum is accepted only on request")
  func missingChecksum() throws {
    var builder = ArchiveBuilder([("a", [1])])
    builder.members[0].checksum = 0
    let archive = try ZipArchive(builder.bytes, path: "a.zip")
    #expect(try archive.contents(of: archive.entries[0], allowsMissingChecksum: true) == [1])
    #expect(throws: FileError.self) { try archive.contents(of: archive.entries[0]) }
  }

  @Test("Malformed and truncated compressed data give different errors")
  func inflate() throws {
    // A stored block that contains "ab".
    #expect(try Inflate.expand([1, 2, 0, 0xFD, 0xFF, 0x61, 0x62], limit: 2) == [0x61, 0x62])
    // "a" in a block with fixed Huffman codes.
    #expect(try Inflate.expand([0x4B, 0x04, 0x00], limit: 1) == [0x61])
    #expect(throws: Inflate.Failure.tooLong) { try Inflate.expand([0x4B, 0x04, 0x00], limit: 0) }
    #expect(throws: Inflate.Failure.cutShort) { try Inflate.expand([], limit: 9) }
    #expect(throws: Inflate.Failure.cutShort) { try Inflate.expand([0x4B, 0x04], limit: 9) }
    #expect(throws: Inflate.Failure.malformed) { try Inflate.expand([0x07], limit: 9) }
    #expect(throws: Inflate.Failure.malformed) { try Inflate.expand([1, 2, 0, 0xFF, 0xFF, 0x61, 0x62], limit: 9) }
    // A copy from before the start of the output: length 3, distance 1.
    #expect(throws: Inflate.Failure.malformed) { try Inflate.expand([0x03, 0x02, 0x00, 0x00], limit: 9) }
  }
}
