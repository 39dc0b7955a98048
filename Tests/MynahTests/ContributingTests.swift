import Foundation
import Testing

@Suite("CONTRIBUTING.md describes existing files")
struct ContributingTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test("Every path in CONTRIBUTING.md exists")
  func paths() throws {
    let text = try Self.text("CONTRIBUTING.md")
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.path)
    let paths = text.matches(of: /`([A-Za-z.]+\/[^` ]*)`/).map { String($0.output.1) }
      .filter { folders.contains(String($0.prefix { $0 != "/" })) && !$0.contains("NAME") }
    #expect(paths.count > 30)
    for path in paths {
      #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: path).path), "\(path)")
    }
  }

  @Test("The code blocks of CONTRIBUTING.md are exactly the skeletons that these tests compile")
  func skeletons() throws {
    let blocks = try Self.text("CONTRIBUTING.md").matches(of: /```swift\n((?s:.*?))```/).map { String($0.output.1) }
    let folder = "Tests/MynahTests/Skeletons"
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: folder).path)
    let files = try names.map { try Self.text("\(folder)/\($0)") }
    #expect(blocks.count == 6 && Set(blocks) == Set(files))
  }
}
