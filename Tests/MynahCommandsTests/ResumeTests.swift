import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

@Suite("A stopped run resumes as if it had never stopped")
struct ResumeTests {
  private static let arguments =
    ["train", "text.txt", "--output", "m", "--epochs", "3", "--checkpoint-every", "20"] + TinyModel.flags

  @Test("A run killed at random and resumed with 1 and 2 threads gives the same model, byte for byte")
  func killed() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 12_000), to: "text.txt")
    let whole = try uninterrupted(tool, threads: 2)
    #expect(try uninterrupted(tool, threads: 1) == whole, "1 thread gives the same model as 2")

    var random = RandomSource(seed: 5)
    var kills = 0
    while kills < 6 {
      // The first runs may be killed before anything is written. Later ones are resumed; finished ones start over.
      if tool.exists("m") && isFinished(tool) { try removeFiles(tool) }
      let run = try tool.start(arguments(tool, threads: 1 + kills % 2))
      // Waits for a number of writes, since time means little on a busy machine, and kills the run soon after.
      var (writes, last) = (0, try? tool.bytes("m.training"))
      let wanted = Int(4 * random.uniform())
      run.wait {
        let now = try? tool.bytes("m.training")
        if now != last { (writes, last) = (writes + 1, now) }
        return writes >= wanted
      }
      usleep(UInt32(20_000 * random.uniform()))
      if run.process.isRunning { kill(run.process.processIdentifier, SIGKILL) }
      kills += try run.finish().wasKilled ? 1 : 0
      try expectFilesOpen(tool)
    }
    let last = try tool.run(arguments(tool, threads: 2))
    #expect(last.status == 0, "\(last.errors)")
    #expect(try tool.bytes("m") == whole)
    #expect(try tool.files() == ["m", "m.training", "text.txt"], "temporary files are removed")
  }

  @Test("An interrupt writes the state, exits with 130 and explains how to resume", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    let endless = ["train", "text.txt", "--output", "m", "--epochs", "100000", "--decay", "1"] + TinyModel.flags
    for round in 1...2 {
      let run = try tool.start(endless + (round == 1 ? [] : ["--resume"]))
      let before = try? tool.bytes("m")
      // Once the model has been written, a whole epoch has passed.
      run.wait { (try? tool.bytes("m")) != before }
      kill(run.process.processIdentifier, signal)
      let outcome = try run.finish()
      #expect(outcome.status == 130 && outcome.isTidy, "\(outcome.errors)")
      #expect(outcome.lastLine.hasPrefix("error: interrupted at epoch "))
      #expect(outcome.lastLine.hasSuffix("; continue with --resume"))
      try expectFilesOpen(tool)
    }
  }

  @Test("Resuming a finished run writes its model again, and --epochs can add epochs")
  func finished() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    let arguments = ["train", "text.txt", "--output", "m", "--epochs", "2", "--decay-after", "1"] + TinyModel.flags
    #expect(try tool.run(arguments).status == 0)
    let whole = try tool.bytes("m")
    try FileManager.default.removeItem(atPath: tool.path("m"))
    // Omitted flags keep their values.
    #expect(try tool.run("train", "text.txt", "--output", "m", "--resume").status == 0)
    #expect(try tool.bytes("m") == whole)
    let more = try tool.run("train", "text.txt", "--output", "m", "--resume", "--epochs", "3")
    #expect(more.status == 0 && more.output.contains("of 3"), "\(more.errors)")
    let fewer = try tool.run("train", "text.txt", "--output", "m", "--resume", "--epochs", "1")
    #expect(fewer.status == 65 && fewer.isTidy, "\(fewer.errors)")
  }

  @Test("A run cannot be resumed on a different text")
  func otherText() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    #expect(try tool.run(["train", "text.txt", "--output", "m", "--epochs", "1"] + TinyModel.flags).status == 0)
    let before = try (tool.bytes("m"), tool.bytes("m.training"))
    try tool.write(TinyModel.text(seed: 4), to: "text.txt")
    let outcome = try tool.run(["train", "text.txt", "--output", "m", "--resume"])
    #expect(outcome.status == 65 && outcome.lastLine.contains("the text was the one with sha256"), "\(outcome.errors)")
    #expect(try (tool.bytes("m"), tool.bytes("m.training")) == before)
  }

  @Test("A schedule that spans the whole run is extended only with --reschedule")
  func schedules() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    for schedule in ["cosine", "linear", "one-cycle"] {
      let run = ["train", "text.txt", "--output", schedule, "--schedule", schedule, "--warm-up", "5"] + TinyModel.flags
      #expect(try tool.run(run + ["--epochs", "2"]).status == 0)
      let before = try tool.bytes(schedule + ".training")
      let longer = try tool.run(run + ["--epochs", "4", "--resume"])
      #expect(longer.status == 64 && longer.isTidy, "\(longer.errors)")
      #expect(
        longer.lastLine.contains("--epochs 4") && longer.lastLine.contains("add --reschedule"), "\(longer.lastLine)")
      #expect(try tool.bytes(schedule + ".training") == before)
      let rescheduled = try tool.run(run + ["--epochs", "4", "--resume", "--reschedule"])
      #expect(rescheduled.status == 0 && rescheduled.errors.contains("4 epochs"), "\(rescheduled.errors)")
      let history = try TrainingStateFile(contentsOf: tool.path(schedule + ".training")).checkpoint.history
      #expect(history.map(\.epoch) == [1, 2, 3, 4] && history[2].learningRate > history[3].learningRate)
      #expect(history[2].learningRate > 0.05, "\(schedule): \(history.map(\.learningRate))")
      // The extended run can be resumed with or without --reschedule.
      #expect(try tool.run(run + ["--epochs", "4", "--resume", "--reschedule"]).status == 0)
      #expect(try tool.run(run + ["--epochs", "4", "--resume"]).status == 0)
    }
    let decay = ["train", "text.txt", "--output", "decay"] + TinyModel.flags
    #expect(try tool.run(decay + ["--epochs", "1"]).status == 0)
    let outcome = try tool.run(decay + ["--epochs", "2", "--resume", "--reschedule"])
    #expect(outcome.status == 64 && outcome.lastLine.contains("--reschedule needs a --schedule that spans"))
  }

  // MARK: Steps

  private func arguments(_ tool: CommandLineTool, threads: Int) -> [String] {
    Self.arguments + ["--threads", "\(threads)"] + (tool.exists("m.training") ? ["--resume"] : [])
  }

  private func uninterrupted(_ tool: CommandLineTool, threads: Int) throws -> Data {
    let outcome = try tool.run(arguments(tool, threads: threads))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let model = try tool.bytes("m")
    try removeFiles(tool)
    return model
  }

  private func removeFiles(_ tool: CommandLineTool) throws {
    for name in ["m", "m.training"] { try FileManager.default.removeItem(atPath: tool.path(name)) }
  }

  private func isFinished(_ tool: CommandLineTool) -> Bool {
    (try? TrainingStateFile(contentsOf: tool.path("m.training")).checkpoint.history.count) == 3
  }

  /// Expects that all files can be read and that no model exists without its state.
  private func expectFilesOpen(_ tool: CommandLineTool) throws {
    if tool.exists("m.training") { _ = try TrainingStateFile(contentsOf: tool.path("m.training")) }
    if tool.exists("m") {
      _ = try ModelFile(contentsOf: tool.path("m"))
      #expect(tool.exists("m.training"))
    }
  }
}
