import Foundation
import MynahCommands
import MynahIO
import MynahText
import TestSupport
import Testing

@Suite("Data sets from a folder")
struct DataSetStoreTests {
  private let source: ScratchFolder
  private let folder: ScratchFolder

  init() throws { (source, folder) = (try ScratchFolder(), try ScratchFolder()) }

  private func fetch(_ contents: [UInt8], hashOf original: [UInt8], unpacks: Bool = false) throws -> Bool {
    try source.put(contents, as: "a")
    let file = NamedDataSet.File(
      "a", from: "https://example.invalid/a", byteCount: original.count, sha256: SHA256.hexadecimal(of: original),
      unpacks: unpacks)
    return try DataSetStore(in: folder("new/one"), from: .folder(source.path)).fetch(file)
  }

  private func bytes(_ name: String) throws -> [UInt8] { try folder.bytes(of: "new/one/" + name) }

  @Test("A file is copied once, and a different file is replaced")
  func once() throws {
    #expect(try fetch([1, 2, 3], hashOf: [1, 2, 3]))
    #expect(try !fetch([9], hashOf: [1, 2, 3]))
    #expect(try bytes("a") == [1, 2, 3])
    #expect(try fetch([4, 5], hashOf: [4, 5]))
    #expect(try bytes("a") == [4, 5])
  }

  @Test("A file with the wrong digest is rejected, and the existing file is kept")
  func wrongHash() throws {
    #expect(try fetch([1], hashOf: [1]))
    let error = try #require(throws: DataSetError.self) { _ = try fetch([1, 2, 3], hashOf: [1, 2]) }
    #expect(error.failureCode == .badData && error.sentence.contains(SHA256.hexadecimal(of: [1, 2] as [UInt8])))
    #expect(try bytes("a") == [1])
  }

  @Test("Archives are unpacked into their folder, and deleted files are unpacked again")
  func archives() throws {
    let archive = try GoldenArchive.bytes()
    #expect(try fetch(archive, hashOf: archive, unpacks: true))
    #expect(try bytes("fixed codes") == Array("hello, hello, hello".utf8))
    #expect(try bytes("text/dynamic codes").count > 10_000)
    try FileManager.default.removeItem(atPath: folder("new/one/one"))
    #expect(try !fetch(archive, hashOf: archive, unpacks: true))
    #expect(try bytes("one") == [0x61])
  }

  @Test("An archive that contains a path outside the folder is rejected")
  func outside() throws {
    var archive = try GoldenArchive.bytes()
    // "text/dynamic codes" becomes "../t/dynamic codes" in both places where it occurs.
    let (name, other) = (Array("text/dynamic".utf8), Array("../t/dynamic".utf8))
    for start in 0..<archive.count - name.count where archive[start..<start + name.count].elementsEqual(name) {
      archive.replaceSubrange(start..<start + name.count, with: other)
    }
    let error = try #require(throws: FileError.self) {
      _ = try fetch(archive, hashOf: archive, unpacks: true)
    }
    #expect("\(error)".contains("outside its folder"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder("new")) == ["one"])
  }
}

@Suite("mynah data")
struct DataCommandTests {
  @Test("The list shows each data set with its size, licence and addresses")
  func list() throws {
    struct Listed: Decodable {
      struct File: Decodable { let name, address, sha256: String, byteCount: Int }
      let name, summary, licence: String
      let files: [File]
    }
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("data", "list")
    #expect(outcome.status == 0)
    for name in ["ptb", "tinyshakespeare", "brown", "wikitext-2", "sms-spam", "blimp"] {
      #expect(outcome.output.contains("\n\(name): ") || outcome.output.hasPrefix("\(name): "))
    }
    #expect(outcome.output.contains("5,951,345 bytes") && outcome.output.contains("Attribution-ShareAlike"))
    let listed = try JSONDecoder().decode([Listed].self, from: Data(tool.run("data", "list", "--json").output.utf8))
    #expect(listed.map(\.files.count) == [3, 1, 1, 3, 1, 1])
    for file in listed.flatMap(\.files) {
      #expect(file.sha256.count == 64 && file.byteCount > 0 && file.address.hasPrefix("https://"))
    }
  }

  @Test(
    "Data sets are copied from a folder and verified",
    .enabled(if: TestData.isExpected("ptb"), "\(TestData.reason("ptb"))"),
    arguments: [
      ("ptb", "ptb", ["ptb.test.txt", "ptb.train.txt", "ptb.valid.txt"]),
      ("tinyshakespeare", "tinyshakespeare", ["input.txt"]),
      ("wikitext-2", "wikitext-2", ["wiki.test.tokens", "wiki.train.tokens", "wiki.valid.tokens"]),
      ("sms-spam", "sms", ["SMSSpamCollection"]), ("brown", "brown", ["brown", "brown.zip"]),
      ("blimp", "blimp", ["BLiMP.zip", "data"]),
    ])
  func fromFolder(_ name: String, _ source: String, _ files: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("data", "get", name, "--output", "d", "--from", TestData.path(source))
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("Licence: "))
    #expect(try FileManager.default.contentsOfDirectory(atPath: tool.path("d")).sorted() == files)
    if name == "brown" { #expect(tool.exists("d/brown/cr09") && tool.exists("d/brown/ca01")) }
    if name == "blimp" {
      let names = try FileManager.default.contentsOfDirectory(atPath: tool.path("d/data"))
      #expect(names.count { $0.hasSuffix(".jsonl") } == 67)
    }
  }

  @Test("Without curl, a download fails with a one-sentence error")
  func noCurl() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.start(["data", "get", "sms-spam", "--output", "d"], environment: ["PATH": "/nonexistent"])
      .finish()
    #expect(outcome.status == 69 && outcome.isTidy, "\(outcome.errors)")
    #expect(outcome.lastLine.contains("https://archive.ics.uci.edu") && outcome.lastLine.contains("the folder 'd'"))
  }

  @Test("An interrupt stops the download and curl, and the exit code is 130", arguments: [SIGINT, SIGTERM])
  func interrupt(_ signal: Int32) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    // Uses a local proxy so that no other machine is contacted.
    let proxy = try LocalServer { _, _ in .silence }
    let run = try tool.start(
      ["data", "get", "tinyshakespeare", "--output", "d"],
      environment: ["https_proxy": proxy.address(""), "no_proxy": ""])
    run.wait { proxy.requests.count == 1 }
    kill(run.process.processIdentifier, signal)
    let outcome = try run.finish()
    #expect(outcome.status == 130 && outcome.isTidy && outcome.lastLine.contains("resume"), "\(outcome.errors)")
    #expect(proxy.requests.map(\.path) == ["raw.githubusercontent.com:443"])
    #expect(proxy.wasAbandoned())
  }

  @Test("Bad input gives a one-sentence error and the right exit code")
  func badInput() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try FileManager.default.createDirectory(atPath: tool.path("empty"), withIntermediateDirectories: false)
    try FileManager.default.createDirectory(atPath: tool.path("other"), withIntermediateDirectories: false)
    try tool.write("not Shakespeare", to: "other/input.txt")
    try tool.write("", to: "file")
    let cases: [([String], Int32, String)] = [
      (["data", "get", "nonsense", "--from", "a"], 64, "ptb, tinyshakespeare"),
      (["data", "get", "ptb", "--from", ""], 64, "expected a path"),
      (["data", "get", "tinyshakespeare", "--output", "d", "--from", "empty"], 66, "input.txt"),
      (["data", "get", "tinyshakespeare", "--output", "d", "--from", "other"], 65, "sha256"),
      (["data", "get", "tinyshakespeare", "--output", "file", "--from", "other"], 73, "file"),
    ]
    for (arguments, status, sentence) in cases {
      let outcome = try tool.run(arguments)
      #expect(outcome.status == status && outcome.isTidy, "\(arguments): \(outcome.errors)")
      #expect(outcome.lastLine.contains(sentence), "\(outcome.errors)")
    }
  }
}
