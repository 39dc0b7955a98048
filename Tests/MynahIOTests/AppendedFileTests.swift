import MynahIO
import TestSupport
import Testing

struct AppendedFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("A file is created and grows, even if it is reopened for each entry")
  func appending() throws {
    for entry: [UInt8] in [[1, 2], [], [3]] { try AppendedFile(path: folder("log")).append(entry) }
    #expect(try folder.bytes(of: "log") == [1, 2, 3])
  }

  @Test("A folder, and a file in a folder that does not exist, cannot be appended to")
  func errors() throws {
    let error = #expect(throws: FileError.self) { try AppendedFile(path: folder("none/log")) }
    #expect(error?.description.contains("there is no folder") == true)
    #expect(throws: FileError.cannotWrite(path: folder.path, reason: "it is a folder; name a file")) {
      try AppendedFile(path: folder.path)
    }
  }
}
