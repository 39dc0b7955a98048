import Foundation
import MynahIO
import TestSupport
import Testing

@Suite("A line reader's progress")
struct LineReaderTests {
  /// The shares before the first line and after each line.
  private func shares(_ paths: [String]) throws -> [Double?] {
    var reader = try LineReader(paths)
    var shares = [reader.share]
    while try reader.next() != nil { shares.append(reader.share) }
    return shares
  }

  @Test("Progress rises from 0 to 1 over the bytes of all files")
  func files() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let one = try folder.write("\u{FEFF}é\r\nab\n".utf8, to: "one")
    let (two, empty) = (try folder.write("abcdefgh\nx".utf8, to: "two"), try folder.write([], to: "empty"))
    #expect(try shares([one]) == [0, 0.7, 1])
    #expect(try shares([one, empty, two]) == [0, 0.35, 0.5, 0.95, 1])
    #expect(try shares([empty]) == [1])
    #expect(try shares([two, two]) == [0, 0.45, 0.5, 0.95, 1])
  }

  @Test("Progress in a compressed file follows its uncompressed contents, and progress in a pipe is unknown")
  func others() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    // "a\nbcd\nefghi\n" compressed by Python's gzip.
    let bytes = try #require(Data(base64Encoded: "H4sIAAAAAAACA0vkSkpO4UpNS8/I5AIAeVY0kAwAAAA="))
    let file = try folder.write(bytes, to: "a.gz")
    let found = try shares([file]).dropFirst().map { $0 ?? -1 }
    #expect(zip(found, [2.0 / 12, 0.5, 1]).allSatisfy { abs($0 - $1) < 1e-12 } && found.count == 3, "\(found)")
    let pipe = folder.path + "/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    // Opening a pipe blocks until its other end is opened.
    Thread.detachNewThread { try? Data("a\nb\n".utf8).write(to: URL(filePath: pipe)) }
    #expect(try shares([pipe]) == [nil, nil, nil])
  }
}
