import Foundation
import MynahTraining
import TestSupport
import Testing

@Suite("mynah train: optimisers, schedules, losses and logs")
struct TrainingFlagTests {
  private static let base = [
    "train", "text.txt", "--output", "m", "--hidden", "8", "--embedding", "4", "--epochs", "2",
  ]

  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write(TinyModel.text(), to: "text.txt")
    return tool
  }

  @Test(
    "Flags set the configuration, and its description contains them",
    arguments: [
      (["--optimizer", "sgd", "--momentum", "0.9", "--nesterov"], "sgd, momentum 0.9, isNesterov true"),
      (["--optimizer", "adagrad"], "learning rate 0.1"),
      (["--optimizer", "rmsprop", "--weight-decay", "0.01"], "rmsprop, weightDecay 0.01"),
      (["--optimizer", "adam", "--betas", "0.8,0.99", "--amsgrad"], "adam, beta1 0.8, beta2 0.99, isAMSGrad true"),
      (["--optimizer", "asgd", "--average-after", "0"], "asgd, averaging 0"),
      (["--optimizer", "asgd", "--average-after", "start"], "asgd, averaging start"),
      (
        ["--initializer", "pytorch", "--hidden", "8,8", "--dropout", "0.4", "--dropout-hidden", "0.25"],
        "dropout 0.25 (hidden outputs), 0.4 (last outputs)"
      ),
      (
        ["--schedule", "cosine", "--warm-up", "7"],
        "learning rate 1.0, along a cosine to 0.0 of it over 2 epochs, warming up over 7 steps"
      ),
      (["--schedule", "plateau", "--decay", "0.25"], "times 0.25 when the validation loss has not fallen"),
      (["--schedule", "one-cycle"], "in one cycle of 2 epochs"),
      (["--schedule", "step", "--decay-after", "1"], "times 0.5 after every 1 epoch"),
      (["--schedule", "constant"], "learning rate 1.0, gradients"),
      (["--sampled", "20"], "softmax over 20 sampled tokens"),
      (["--smoothing", "0.1", "--mean-loss"], "label smoothing 0.1, the mean over targets"),
      (["--activation-penalty", "2", "--temporal-penalty", "1"], "penalties: activation 2.0, temporal 1.0"),
      (["--clip-value", "0.5", "--batches-per-update", "2"], "clipped to ±0.5, then to a norm of 5.0"),
      (["--patience", "3"], "ended after 3 epochs without a lower loss"),
      (["--batching", "windows", "--batch", "4", "--sequence-length", "6"], "in batches of 4 windows × 6 steps"),
      (["--random-lengths", "--batch", "3", "--sequence-length", "9"], "in batches of 3 rows × about 9 steps"),
      (["--batching", "documents", "--batch", "3"], "in batches of 3 documents ×"),
      (["--batching", "documents", "--tokenizer", "character"], "documents ×"),
      (["--dropout-input", "0.3"], "0.3 (embeddings)"),
    ])
  func words(flags: [String], words: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(Self.base + flags)
    #expect(outcome.status == 0 && outcome.errors.contains(words), "\(outcome.errors)")
    // Omitted flags keep their values.
    let again = try tool.run("train", "text.txt", "--output", "m", "--resume")
    #expect(again.status == 0 && again.errors.contains(words), "\(again.errors)")
  }

  @Test(
    "Contradictory flags and values out of range exit with 64 and a one-sentence error",
    arguments: [
      (["--batching", "columns"], "columns"), (["--optimizer", "speed"], "expected one of sgd"),
      (["--nesterov"], "--nesterov needs --momentum"), (["--average-after", "soon"], "--average-after"),
      (["--random-lengths", "--sequence-length", "4"], "a sequence length of at least 5, found 4"),
      (["--optimizer", "adam", "--momentum", "0.9"], "--momentum needs --optimizer sgd, found adam"),
      (["--amsgrad"], "--amsgrad needs --optimizer adam, found sgd"), (["--momentum", "1"], "above 0 and at most"),
      (["--optimizer", "adam", "--betas", "0.9"], "expected 2 numbers"),
      (["--optimizer", "adam", "--betas", "0.9,1"], "expected 2 numbers"),
      (["--schedule", "sine"], "sine"),
      (["--schedule", "cosine", "--decay", "0.5"], "--decay has no effect with --schedule cosine"),
      (["--schedule", "step", "--decay-after", "0"], "1 epoch or more"), (["--warm-up", "0"], "whole number"),
      (["--sampled", "5", "--smoothing", "0.1"], "--smoothing has no effect with --sampled"),
      (["--sampled", "5000"], "the size of the vocabulary, found 5000"), (["--sampled", "0"], "whole number"),
      (["--smoothing", "1"], "above 0 and at most"), (["--batches-per-update", "0"], "whole number"),
      (["--patience", "0"], "whole number"), (["--clip-value", "-1"], "above 0"),
      (["--metrics", "speed"], "expected accuracy or top"), (["--metrics", "top0"], "expected accuracy or top"),
      (["--sample-every-epoch", "many"], "many"), (["--tensorboard", ""], "expected a path"),
      (["--log-json", ""], "expected a path"),
    ])
  func usage(flags: [String], sentence: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(Self.base + flags)
    #expect(outcome.status == 64 && outcome.isTidy, "\(outcome.errors)")
    #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
    #expect(try tool.files() == ["text.txt"])
  }

  @Test("Logs contain every step, epoch and sample, and are continued on resuming")
  func logs() throws {
    struct Line: Decodable {
      let event: String
      let epoch, step, stepsDone: Int?
      let learningRate, loss, train, validation: Double?
      let metrics: [String: Double]?
      let text: String?
      let isResumed: Bool?
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    let logs = [
      "--log-json", "log.jsonl", "--tensorboard", "board", "--metrics", "accuracy,top5",
      "--sample-every-epoch", "5/a friendly",
    ]
    let outcome = try tool.run(Self.base + logs)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("sample of epoch 2: a friendly"))
    func lines() throws -> [Line] {
      try String(decoding: tool.bytes("log.jsonl"), as: UTF8.self).split(separator: "\n")
        .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }
    let first = try lines()
    #expect(first.first?.event == "start" && first.first?.isResumed == false && first.last?.event == "end")
    let steps = first.filter { $0.event == "step" }
    #expect(steps.compactMap(\.stepsDone) == Array(1...steps.count) && steps.allSatisfy { $0.loss ?? 0 > 0 })
    let epochs = first.filter { $0.event == "epoch" }
    #expect(epochs.compactMap(\.epoch) == [1, 2] && epochs.allSatisfy { $0.metrics?.count == 2 })
    #expect(first.filter { $0.event == "sample" }.allSatisfy { $0.text?.hasPrefix("a friendly") ?? false })
    let board = try FileManager.default.contentsOfDirectory(atPath: tool.path("board")).sorted()
    #expect(board.count == 4 && board.filter { $0.contains("tfevents") }.count == 1, "\(board)")

    let more = try tool.run(["train", "text.txt", "--output", "m", "--resume", "--epochs", "3"] + logs)
    #expect(more.status == 0, "\(more.errors)")
    let second = try lines()
    #expect(second.count > first.count && second.filter { $0.event == "epoch" }.compactMap(\.epoch) == [1, 2, 3])
    #expect(second.filter { $0.event == "start" }.map(\.isResumed) == [false, true])
    let files = try FileManager.default.contentsOfDirectory(atPath: tool.path("board"))
    #expect(files.filter { $0.contains("tfevents") }.count == 2)

    // The model is the same without logs, byte for byte.
    let model = try tool.bytes("m")
    try FileManager.default.removeItem(atPath: tool.path("m"))
    try FileManager.default.removeItem(atPath: tool.path("m.training"))
    #expect(try tool.run(Self.base + ["--metrics", "accuracy,top5"]).status == 0)
    #expect(
      try tool.run("train", "text.txt", "--output", "m", "--resume", "--epochs", "3", "--metrics", "accuracy,top5")
        .status == 0)
    #expect(try tool.bytes("m") == model)
  }

  @Test("A log that cannot be written ends the run with an error that names it")
  func unwritable() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    for (flags, path) in [
      (["--log-json", "nowhere/log"], "nowhere/log"), (["--tensorboard", "text.txt/board"], "text.txt/board"),
    ] {
      let outcome = try tool.run(Self.base + flags)
      #expect(outcome.status == 73 && outcome.isTidy && outcome.lastLine.contains(path), "\(outcome.errors)")
    }
  }
}
