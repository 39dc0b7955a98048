import Foundation
import TestSupport
import Testing

@Suite(
  "Completion in bash",
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash"), "this machine has no /bin/bash"))
struct CompletionTests {
  @Test(
    "Commands, flags, names and files are completed",
    arguments: [
      (["tr"], ["train"]), (["train", "--tok"], ["--tokenizer"]),
      (["search", "--red"], ["--reduction-factor"]), (["search", "mod"], ["model.safetensors"]),
      (["train", "x", "--dropout-w"], ["--dropout-weights"]),
      (["train", "x", "--cell", "min"], ["mingru"]),
      (["train", "x", "--optimizer", "a"], ["adagrad", "adam", "asgd"]),
      (["train", "x", "--tokenizer", "by"], ["byte", "byte-pair"]),
      (["train", "x", "--tokenizer", "tok"], ["tok.json"]),
      (["reproduce", "zaremba-s"], ["zaremba-small"]), (["data", "get", "tiny"], ["tinyshakespeare"]),
      (["evaluate", "mod"], ["model.safetensors"]), (["train", "x", "--output", "mod"], ["model.safetensors"]),
    ])
  func completes(_ typed: [String], _ expected: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write("", to: "model.safetensors")
    try tool.write("{}", to: "tok.json")
    let program = CommandLineTool.executable.path(percentEncoded: false)
    // Simulates pressing Tab in bash after the last word.
    let script = """
      mynah() { "$MYNAH" "$@"; }
      source <(mynah --generate-completion-script bash)
      COMP_WORDS=(mynah "$@"); COMP_CWORD=$#; COMP_LINE="mynah $*"; COMP_POINT=${#COMP_LINE}
      _mynah mynah "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; printf '%s\\n' "${COMPREPLY[@]}"
      """
    let outcome = try tool.start(
      ["-c", script, "bash"] + typed, executable: URL(filePath: "/bin/bash"), environment: ["MYNAH": program]
    ).finish()
    let found = outcome.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(found.sorted() == expected, "\(outcome.errors)")
  }
}
