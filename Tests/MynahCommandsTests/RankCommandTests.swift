#if MPI
import Foundation
import MynahTensors
import TestSupport
import Testing

/// Tests of commands that run in several processes, started by a real `mpirun`.
@Suite("Ranks started by mpirun", .serialized, .timeLimit(.minutes(5)))
struct RankCommandTests {
  private let tool: CommandLineTool

  init() throws {
    tool = try CommandLineTool()
    let words = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "two", "birds", ".", "it", "ran"]
    let lines = (0..<900).map { line in
      (0..<9).map { words[(line * line + 7 * $0 * line + $0 * $0) % words.count] }.joined(separator: " ") + "\n"
    }
    try tool.write(lines.joined(), to: "text.txt")
    try tool.write(lines.dropLast(100).joined(), to: "other.txt")
  }

  private static let flags = [
    "--embedding", "24", "--hidden", "40,24", "--batch", "8", "--sequence-length", "12", "--seed", "5",
    "--checkpoint-every", "20", "--quiet",
  ]

  private func train(_ output: String, _ more: String..., epochs: Int = 2, shards: Int = 4) -> [String] {
    ["train", "text.txt", "--output", output, "--shards", "\(shards)", "--epochs", "\(epochs)"] + Self.flags + more
  }

  /// Starts `count` ranks of each command.
  private func start(_ count: Int = 1, _ commands: [String]..., environment: [String: String] = [:]) throws
    -> CommandLineTool.Run
  {
    var arguments = ["mpirun", "--oversubscribe"]
    for (index, command) in commands.enumerated() {
      if index > 0 { arguments.append(":") }
      arguments += ["-n", "\(count)"] + command
    }
    return try tool.start(
      arguments, executable: URL(filePath: "/usr/bin/env"),
      environment: environment.merging([
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
      ]) { $1 })
  }

  private var mynah: String { CommandLineTool.executable.path(percentEncoded: false) }

  private func run(_ count: Int, _ arguments: [String]) throws -> CommandLineTool.Outcome {
    try start(count, [mynah] + arguments).finish()
  }

  /// Waits for the process of a rank, which is found by its environment, and returns its ID.
  private func process(ofRank rank: Int, in run: CommandLineTool.Run) throws -> pid_t {
    var found: pid_t?
    run.wait {
      let parent = run.process.processIdentifier
      let children = (try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)) ?? ""
      found = children.split(separator: " ").compactMap { pid_t($0) }.first { child in
        let environment = FileManager.default.contents(atPath: "/proc/\(child)/environ") ?? Data()
        return environment.split(separator: 0).contains(Data("OMPI_COMM_WORLD_RANK=\(rank)".utf8))
      }
      return found != nil
    }
    return try #require(found)
  }

  /// Waits until a run has written a second checkpoint.
  private func waitForCheckpoint(_ name: String, of run: CommandLineTool.Run) {
    func date() -> Date? {
      try? FileManager.default.attributesOfItem(atPath: tool.path(name + ".training"))[.modificationDate] as? Date
    }
    run.wait { date() != nil }
    let first = date()
    run.wait { date() != first }
  }

  /// Returns Mynah's only error among mpirun's messages.
  private func sentence(_ outcome: CommandLineTool.Outcome) throws -> String {
    let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(errors.count == 1, "\(outcome.errors)")
    return String(try #require(errors.first, "\(outcome.errors)"))
  }

  @Test(
    "Any number of ranks and threads produces the same bytes as one process",
    arguments: [
      ["--learning-rate", "0.5"], ["--optimizer", "adam"],
      ["--optimizer", "asgd", "--average-after", "0", "--learning-rate", "2"],
      ["--precision", "bfloat16", "--dropout", "0.3"], ["--sampled", "8", "--dropout-weights", "0.2"],
    ])
  func sameBytes(_ flags: [String]) throws {
    defer { tool.folder.remove() }
    let alone = try tool.run(train("alone.safetensors", epochs: 4) + flags)
    #expect(alone.status == 0, "\(alone.errors)")
    for (count, threads) in [(2, 1), (2, 2), (4, 1), (4, 2)] {
      let outcome = try run(
        count, train("ranks.safetensors", "--threads", "\(threads)", "--overwrite", epochs: 4) + flags)
      #expect(outcome.status == 0 && outcome.output.split(separator: "\n").count == 5, "\(outcome.errors)")
      for suffix in ["", ".training"] {
        let own = try tool.bytes("ranks.safetensors" + suffix)
        #expect(try own == tool.bytes("alone.safetensors" + suffix), "\(count) ranks, \(threads) threads, \(suffix)")
      }
    }
  }

  @Test(
    "A run that is repeatedly killed and resumed with a different number of ranks produces the same bytes")
  func kills() throws {
    defer { tool.folder.remove() }
    #expect(try tool.run(train("alone.safetensors", epochs: 60)).status == 0)
    var resumes: [String] = []
    for kill in 0..<10 {
      let count = [2, 4, 3][kill % 3]
      let killed = try start(count, [mynah] + train("ranks.safetensors", epochs: 60) + resumes)
      let victim = try process(ofRank: (kill * 7 + 1) % count, in: killed)
      waitForCheckpoint("ranks.safetensors", of: killed)
      _ = Foundation.kill(victim, SIGKILL)
      let outcome = try killed.finish()
      if outcome.status == 0 { break }
      resumes = ["--resume"]
    }
    #expect(!resumes.isEmpty)
    #expect(try run(2, train("ranks.safetensors", "--resume", epochs: 60)).status == 0)
    #expect(try tool.bytes("ranks.safetensors") == tool.bytes("alone.safetensors"))
  }

  @Test(
    "SIGTERM to one rank stops all ranks with a checkpoint, and one process can resume to the same bytes",
    arguments: [0, 2])
  func termination(rank: Int) throws {
    defer { tool.folder.remove() }
    #expect(try tool.run(train("alone.safetensors", epochs: 60)).status == 0)
    let interrupted = try start(3, [mynah] + train("ranks.safetensors", epochs: 60))
    let process = try process(ofRank: rank, in: interrupted)
    waitForCheckpoint("ranks.safetensors", of: interrupted)
    _ = kill(process, SIGTERM)
    let outcome = try interrupted.finish()
    #expect(outcome.status == 130)
    #expect(try sentence(outcome).contains("continue with --resume"))
    #expect(try tool.run(train("ranks.safetensors", "--resume", epochs: 60)).status == 0)
    #expect(try tool.bytes("ranks.safetensors") == tool.bytes("alone.safetensors"))
  }

  @Test("If a rank hangs, the run ends after the timeout with one error and keeps its checkpoint", arguments: [0, 1])
  func hang(rank: Int) throws {
    defer { tool.folder.remove() }
    let hanging = try start(
      2, [mynah] + train("ranks.safetensors", "--rank-timeout", "2", epochs: 100_000))
    let victim = try process(ofRank: rank, in: hanging)
    waitForCheckpoint("ranks.safetensors", of: hanging)
    _ = kill(victim, SIGSTOP)
    let outcome = try hanging.finish()
    #expect(outcome.status == 69)
    #expect(
      try sentence(outcome)
        == "error: rank \(rank) has sent nothing for 2 s; check its machine and run the command again (mynah train: with --resume)"
    )
    #expect(tool.exists("ranks.safetensors.training"))
    // The launcher does not always kill a stopped process.
    _ = kill(victim, SIGKILL)
  }

  @Test("Differences between ranks are reported before anything is written")
  func mismatches() throws {
    defer { tool.folder.remove() }
    let command = [mynah] + train("ranks.safetensors")
    func other(_ word: String, _ replacement: String) -> [String] { command.map { $0 == word ? replacement : $0 } }
    let cases: [(start: () throws -> CommandLineTool.Run, status: Int32, sentence: String)] = [
      ({ try start(1, command, other("text.txt", "other.txt")) }, 65, "rank 1 differs from rank 0 in the text"),
      (
        { try start(1, command, other("5", "6")) }, 65,
        "rank 1 differs from rank 0 in the training (seed): 6 instead of 5"
      ),
      (
        { try start(1, command, other("40,24", "40,25")) }, 65,
        "rank 1 differs from rank 0 in the model (layers)"
      ),
      (
        { try start(1, command, other("20", "30")) }, 65,
        "rank 1 differs from rank 0 in --checkpoint-every: 30 instead of 20"
      ),
      (
        { try start(1, command, ["env", "MYNAH_INSTRUCTION_SET=avx2"] + command) }, 65,
        "rank 1 computes with avx2 and rank 0 with"
      ),
      ({ try start(1, command, other("text.txt", "none.txt")) }, 66, "rank 1: there is no file or folder 'none.txt'"),
      ({ try start(5, command) }, 65, "5 ranks need at least 5 shards, found 4"),
      ({ try start(2, command + ["--shares", "1,2,3"]) }, 65, "2 ranks need 2 positive shares"),
      ({ try start(2, command + ["--dry-run"]) }, 64, "--dry-run has no effect with several ranks"),
      ({ try start(2, [mynah, "generate", "x.safetensors"]) }, 64, "mynah generate runs in one process"),
      ({ try start(2, [mynah, "train", "-", "--output", "x"]) }, 64, "standard input reaches rank 0 only"),
      ({ try start(2, command + ["--sed", "1"]) }, 64, "Unknown option '--sed'"),
    ]
    for (start, status, expected) in cases where Kernels.instructionSet != "avx2" || !expected.contains("avx2") {
      let outcome = try start().finish()
      #expect(outcome.status == status, "\(outcome.errors)")
      #expect(try sentence(outcome).contains(expected), "\(outcome.errors)")
    }
    #expect(try tool.files() == ["other.txt", "text.txt"])
    #expect(
      try start(1, command + ["--allow-mixed"], ["env", "MYNAH_INSTRUCTION_SET=avx2"] + command + ["--allow-mixed"])
        .finish().status == 0)
  }

  @Test("A full disk on rank 0 ends all ranks with one error and keeps the last checkpoint, from which they resume")
  func fullDisk() throws {
    defer { tool.folder.remove() }
    #expect(try tool.run(train("alone.safetensors", epochs: 1)).status == 0)
    #expect(try tool.run(train("alone.safetensors", "--resume", epochs: 3)).status == 0)
    #expect(try run(2, train("ranks.safetensors", epochs: 1)).status == 0)
    let names = ["ranks.safetensors", "ranks.safetensors.training"]
    let before = try names.map { try tool.bytes($0) }
    let files = try tool.files()
    let command = [mynah] + train("ranks.safetensors", "--resume", epochs: 3)
    let outcome = try start(2, ["sh", "-c", "ulimit -f 40; exec \"$0\" \"$@\""] + command).finish()
    #expect(outcome.status == 74)
    #expect(try sentence(outcome).contains("writing"))
    #expect(try tool.files() == files && names.map { try tool.bytes($0) } == before)
    #expect(try start(2, command).finish().status == 0)
    #expect(try tool.bytes("ranks.safetensors") == tool.bytes("alone.safetensors"))
  }

  @Test(
    "Ranks share the input of evaluate, score and prepare, and the output is that of one process")
  func otherCommands() throws {
    defer { tool.folder.remove() }
    #expect(try tool.run(train("m.safetensors", epochs: 1)).status == 0)
    var commands: [[String]] = []
    for state in ["reset", "carry", "documents"] {
      commands.append(["evaluate", "m.safetensors", "other.txt", "--json", "--state", state])
      for flags in [[], ["--tokens"], ["--json"]] {
        commands.append(["score", "m.safetensors", "other.txt", "text.txt", "--state", state] + flags)
      }
    }
    for command in commands {
      let alone = try tool.run(command)
      let ranks = try run(3, command)
      #expect(alone.status == 0 && ranks.status == 0 && ranks.output == alone.output, "\(command): \(ranks.errors)")
    }
    for kind in ["word", "character", "byte-pair"] {
      let command = ["prepare", "text.txt", "other.txt", "--tokenizer", kind, "--overwrite", "--output"]
      #expect(try tool.run(command + ["alone.tokens"]).status == 0 && run(3, command + ["ranks.tokens"]).status == 0)
      #expect(try tool.bytes("alone.tokens") == tool.bytes("ranks.tokens"), "\(kind)")
    }
    // A bad line ends the command after the scores of the preceding lines.
    try tool.folder.write(Array("the cat\nsat on\n".utf8) + [0xff, 10] + Array("a mat\n".utf8), to: "bad.txt")
    let bad = ["score", "m.safetensors", "bad.txt", "--state", "reset"]
    let (alone, ranks) = (try tool.run(bad), try run(3, bad))
    #expect(alone.status == 65 && ranks.status == 65 && ranks.output == alone.output && !alone.output.isEmpty)
    #expect(try tool.run(bad + ["--keep-going"]).output == run(3, bad + ["--keep-going"]).output)
    for (first, second, argument) in [
      (["evaluate", "m.safetensors", "text.txt"], ["evaluate", "m.safetensors", "other.txt"], "argument 3"),
      (["score", "m.safetensors", "text.txt"], ["score", "m.safetensors", "text.txt", "--tokens"], "the number of"),
    ] {
      let outcome = try start(1, [mynah] + first, [mynah] + second).finish()
      #expect(try outcome.status == 65 && sentence(outcome).contains("rank 1 differs from rank 0 in \(argument)"))
    }
    let piped = try run(2, ["score", "m.safetensors"])
    #expect(try piped.status == 64 && sentence(piped).contains("standard input reaches rank 0 only"))
  }

  @Test("Ranks started by another MPI's launcher are an error, and nothing is trained")
  func otherLauncher() throws {
    defer { tool.folder.remove() }
    let command = [mynah] + train("x.safetensors")
    let outcome = try tool.start(
      Array(command.dropFirst()), environment: ["PMI_RANK": "0", "PMI_SIZE": "2"]
    ).finish()
    #expect(outcome.status == 69 && outcome.lastLine.contains("started 2 ranks and MPI finds 1"), "\(outcome.errors)")
    #expect(!tool.exists("x.safetensors"))
  }

  @Test("Without --shards, a note states that each rank has one, and --shares and --compress are accepted")
  func defaults() throws {
    defer { tool.folder.remove() }
    let command = ["train", "text.txt", "--output", "x.safetensors", "--epochs", "1"] + Self.flags.dropLast()
    let outcome = try run(2, command)
    #expect(outcome.status == 0 && outcome.errors.contains("each batch is computed in 2 shards, one for each rank"))
    let weighted = try run(2, command + ["--overwrite", "--shards", "3", "--shares", "2,1", "--compress", "bfloat16"])
    #expect(weighted.status == 0, "\(weighted.errors)")
    let alone = try tool.run(command + ["--overwrite", "--compress", "bfloat16"])
    #expect(alone.status == 64 && alone.lastLine.contains("--compress needs several ranks, started by mpirun"))
  }
}
#else
import Foundation
import TestSupport
import Testing

struct RankCommandTests {
  @Test(
    "A build without MPI refuses to run as one of several ranks",
    arguments: [
      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"), ("PMIX_RANK", "SLURM_NTASKS"),
    ])
  func refusal(rank: String, count: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write("a text\n", to: "text")
    let command = ["train", "text", "--output", "x"]
    for number in ["0", "1"] {
      let outcome = try tool.start(command, environment: [rank: number, count: "2"]).finish()
      #expect(outcome.status == 69 && outcome.isTidy && outcome.lastLine.contains("--traits MPI"), "\(outcome.errors)")
    }
    let other = try tool.start(["generate", "x"], environment: [rank: "0", count: "2"]).finish()
    #expect(other.status == 64 && other.lastLine.contains("mynah generate runs in one process"), "\(other.errors)")
    // A launcher with a single process is ignored.
    let alone = try tool.start(["evaluate", "none", "text"], environment: [rank: "0", count: "1"]).finish()
    #expect(alone.status == 66)
    #expect(try tool.files() == ["text"])
  }
}
#endif
