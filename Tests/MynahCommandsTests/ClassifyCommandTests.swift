import Foundation
import MynahModels
import TestSupport
import Testing

@Suite("mynah classify")
struct ClassifyCommandTests {
  private static let small = [
    "--tokenizer", "word", "--embedding", "4", "--hidden", "6", "--language-model-epochs", "1", "--epochs", "1",
  ]

  /// Returns a tool with labelled messages in its folder, and a naive Bayes classifier trained on them.
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    let lines = (0..<20).flatMap { ["ham\tsee you at home \($0)", "spam\tWIN a \"prize\"\tcall \($0) now"] }
    try tool.write(lines.joined(separator: "\n") + "\n", to: "train.tsv")
    let outcome = try tool.run("classify", "train", "train.tsv", "--method", "naive-bayes", "--output", "c")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return tool
  }

  private struct Report: Decodable {
    struct Calibration: Decodable {
      struct Bin: Decodable { let count: Int }
      let expectedCalibrationError, logLoss: Double
      let bins: [Bin]
    }
    let accuracy: Double
    let f1, precision, recall: [String: Double]
    let confusion: [String: [String: Int]]
    let count: Int
    let calibration: Calibration
  }

  @Test("A classifier can be trained and evaluated")
  func wholeWay() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("ham\tyou see\nspam\ta prize\nham\tcall now\n", to: "test.tsv")
    let outcome = try tool.run("classify", "evaluate", "c", "test.tsv", "--json")
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.count == 3 && abs(report.accuracy - 2.0 / 3) < 1e-12)
    #expect(report.confusion == ["ham": ["ham": 1, "spam": 1], "spam": ["ham": 0, "spam": 1]])
    #expect(report.precision["spam"] == 0.5 && report.recall == ["ham": 0.5, "spam": 1])
    #expect(abs((report.f1["spam"] ?? 0) - 2.0 / 3) < 1e-12 && report.calibration.bins.count == 10)
    #expect(report.calibration.logLoss > 0 && report.calibration.expectedCalibrationError > 0)
    let words = try tool.run("classify", "evaluate", "c", "test.tsv").output
    #expect(words.contains("accuracy              66.67 % of 3 texts") && words.contains("as spam"), "\(words)")
  }

  @Test("Every line of standard input gets a prediction, even an empty one")
  func predict() throws {
    struct Answer: Decodable {
      let line: Int
      let label: String
      let probability: Double
      let probabilities: [String: Double]
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("WIN now\n\nsee you", to: "lines")
    let outcome = try tool.run(["classify", "predict", "c", "--json"], input: "lines")
    let answers = try outcome.output.split(separator: "\n").map {
      try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
    }
    #expect(answers.map(\.line) == [1, 2, 3] && answers[0].label == "spam" && answers[2].label == "ham")
    #expect(answers[1].probabilities == ["ham": 0.5, "spam": 0.5])
    #expect(answers.allSatisfy { $0.probability == $0.probabilities.values.max() })
    #expect(try tool.run(["classify", "predict", "c"], input: "lines").output.hasPrefix("spam\t0."))
  }

  @Test("A line that is not UTF-8 is an error that gives its position, and --keep-going skips it")
  func badLines() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.folder.write(Array("a\n".utf8) + [0xFF] + Array("b\nwin".utf8), to: "lines")
    let ended = try tool.run(["classify", "predict", "c"], input: "lines")
    #expect(ended.status == 65 && ended.isTidy && ended.errors.contains("offset 2 (line 2)"), "\(ended.errors)")
    let going = try tool.run(["classify", "predict", "c", "--keep-going", "--json"], input: "lines")
    #expect(going.status == 0 && going.output.contains("\"line\":3") && going.errors.contains("skipped"))
  }

  @Test("The same seed gives the same classifier, byte for byte", arguments: ["per-class", "fine-tune"])
  func methods(method: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let flags = ["--method", method, "--seed", "4"] + Self.small
    for name in ["one", "two"] {
      let outcome = try tool.run(["classify", "train", "train.tsv", "--output", name] + flags)
      #expect(outcome.status == 0 && outcome.output.contains("2 labels, 40 texts"), "\(outcome.errors)")
    }
    #expect(try tool.bytes("one") == tool.bytes("two"))
    #expect(try tool.run("classify", "evaluate", "one", "train.tsv", "--json").status == 0)
  }

  @Test("A classifier can be fine-tuned from an existing language model")
  func from() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "you", "prize"]).write(to: tool.path("m"))
    let flags = ["--language-model-epochs", "1", "--epochs", "1", "--one-direction", "--pooling", "mean"]
    let outcome = try tool.run(
      ["classify", "train", "train.tsv", "--method", "fine-tune", "--from", "m", "--output", "tuned"] + flags)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try tool.run("classify", "evaluate", "tuned", "train.tsv").status == 0)
  }

  @Test(
    "Invalid arguments and files give a one-sentence error",
    arguments: [
      (["train", "no-tab"], Int32(65), "line 2"), (["train", "one-class"], 65, "only 'ham'"),
      (["train", "no-text"], 65, "line 1"), (["train", "empty"], 65, "only white space"),
      (["train", "latin"], 65, "offset 4 (line 1)"), (["train", "nothing"], 66, "nothing"),
      (["train", "train.tsv", "--output", "c"], 73, "--overwrite"),
      (["train", "train.tsv", "--output", "no/where"], 73, "no/where"),
      (["train", "train.tsv", "--method", "guess"], 64, "per-class, fine-tune, naive-bayes"),
      (["train", "train.tsv", "--pooling", "mean"], 64, "needs --method fine-tune"),
      (["train", "train.tsv", "--without-ngrams"], 64, "needs --method fine-tune"),
      (["train", "train.tsv", "--from", "c", "--output", "x"], 65, "should be a model file but is a classifier"),
      (
        ["train", "train.tsv", "--from", "m", "--hidden", "3", "--output", "x"], 64,
        "--hidden has no effect with --from"
      ),
      (["evaluate", "c", "unknown"], 65, "'ham', 'spam', in line 2"),
      (["evaluate", "m", "train.tsv"], 65, "should be a classifier but is a model file"),
      (["evaluate", "nothing", "train.tsv"], 66, "nothing"), (["predict", "train.tsv"], 65, "not a safetensors file"),
    ])
  func badInput(arguments: [String], status: Int32, sentence: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    try tool.write("ham\ta\nspam a\n", to: "no-tab")
    try tool.write("ham\ta\nham\tb\n", to: "one-class")
    try tool.write("ham\t \nspam\tb\n", to: "no-text")
    try tool.write("\n", to: "empty")
    try tool.folder.write(Array("ham\t".utf8) + [0xE9, 0x0A], to: "latin")
    try tool.write("ham\ta\neggs\tb\n", to: "unknown")
    let files = try tool.files()
    let outcome = try tool.run(["classify"] + arguments)
    #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.errors)")
    #expect(outcome.isTidy, "\(outcome.errors)")
    #expect(try tool.files() == files)
  }

  @Test("No file is left behind after an interruption or on a full disk")
  func interruption() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let files = try tool.files()
    let run = try tool.start([
      "classify", "train", "train.tsv", "--output", "x", "--epochs", "10000", "--language-model-epochs", "10000",
    ])
    run.wait { run.errorsSoFar.contains("epoch 2") }
    run.process.interrupt()
    let outcome = try run.finish()
    #expect(outcome.status == 130 && outcome.errors.hasSuffix("nothing was written\n"), "\(outcome.errors)")
    let full = try tool.run(
      ["classify", "train", "train.tsv", "--output", "x", "--method", "naive-bayes"], fileBlocks: 1)
    #expect(full.status == 74 && full.isTidy, "\(full.errors)")
    #expect(try tool.files() == files)
  }
}
