import Foundation
import TestSupport
import Testing

struct HelpTests {
  @Test(
    "The help of a command with many flags shows the common ones, and --help-all shows all of them",
    arguments: [["train"], ["generate"]])
  func commonFlags(command: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let flags = try #require(try HelpDump(tool).flags[command.joined(separator: " ")])
    let (short, long) = try (tool.run(["help"] + command).output, tool.run(command + ["--help-all"]).output)
    func shown(in help: String) -> Set<String> {
      flags.filter { flag in help.split(separator: "\n").contains { $0.hasPrefix("  \(flag) ") || $0 == "  \(flag)" } }
    }
    #expect(shown(in: long) == flags)
    #expect((8...14).contains(shown(in: short).count), "\(short)")
    #expect(try tool.run(command + ["-h"]).output == short)
    let omitted = flags.count - shown(in: short).count
    #expect(short.hasSuffix("mynah \(command[0]) --help-all lists \(omitted) more flags.\n"), "\(short.suffix(60))")
    #expect(!long.contains("--help-all lists"))
  }

  @Test("No example line in a help text is longer than 80 columns")
  func examples() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    for command in try HelpDump(tool).flags.keys.sorted() {
      let help = try tool.run(["help"] + command.split(separator: " ").map(String.init)).output
      for line in help.split(separator: "\n") where line.hasPrefix("  mynah ") {
        #expect(line.count <= 80, "\(line)")
      }
    }
  }
}
