import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah export")
struct ExportCommandTests {
  @Test("Exporting a model to PyTorch and importing it again preserves its weights and tokenizer")
  func roundTrip() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let file = try TinyModel.drawn()
    try file.write(to: tool.path("m"))
    let outcome = try tool.run("export", "m", "--output", "out", "--onnx", "m.onnx", "--json")
    #expect(outcome.status == 0 && outcome.output.split(separator: "\n").count == 5, "\(outcome.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: tool.path("out")).sorted()
        == ["configuration.json", "model.safetensors", "tokenizer.json", "vocabulary.txt"])
    let again = try tool.run(
      "import", "out/model.safetensors", "--from", "pytorch", "--vocabulary", "out/vocabulary.txt", "--output", "n")
    #expect(again.status == 0, "\(again.errors)")
    let read = try ModelFile(contentsOf: tool.path("n"))
    #expect(read.model.parameters.map { $0.value } == file.model.parameters.map { $0.value })
    #expect(read.tokenizer == file.tokenizer)
    #expect(try tool.run("export", "m", "--output", "out").status == 73)
    #expect(try tool.run("export", "m", "--onnx", "m.onnx").status == 73)
    #expect(try tool.run("export", "m", "--output", "out", "--onnx", "m.onnx", "--overwrite").status == 0)
  }

  @Test("The vocabulary of a corpus lists words in order of first occurrence, file by file")
  func corpus() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try FileManager.default.createDirectory(atPath: tool.path("corpus"), withIntermediateDirectories: true)
    try tool.write(" b a \n\n", to: "corpus/train.txt")
    try tool.write("a <unk>", to: "corpus/valid.txt")
    try tool.write("c b\n", to: "corpus/test.txt")
    try TinyModel.drawn(tokens: ["1", "2", "3", "4", "5"]).write(to: tool.path("m"))
    #expect(try tool.run("export", "m", "--output", "out").status == 0)
    let outcome = try tool.run(
      "import", "out/model.safetensors", "--from", "pytorch", "--vocabulary", "corpus", "--output", "n")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try ModelFile(contentsOf: tool.path("n")).tokenizer.vocabulary.tokens == ["b", "a", "<eos>", "<unk>", "c"])
  }

  @Test(
    "Invalid arguments and unsupported models cause an error, and no file is written",
    arguments: [
      (["m"], Int32(64), "--output or --onnx"), (["m", "--output", ""], 64, "expected a path"),
      (["none", "--output", "o"], 66, "none"),
      (["m", "--onnx", "no/where.onnx"], 73, "no/where.onnx"), (["m", "--output", "m/folder"], 73, "m/folder"),
      (["coupled", "--output", "o"], 65, "LSTM"), (["coupled", "--onnx", "o.onnx"], 65, "coupled"),
      (["mogrifier", "--output", "o"], 65, "mogrifier LSTM"),
      (["mogrifier", "--onnx", "o.onnx"], 65, "mogrifier LSTM"),
    ])
  func badInput(arguments: [String], status: Int32, sentence: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    try TinyModel.drawn([.coupledLSTM(3)]).write(to: tool.path("coupled"))
    try TinyModel.drawn([.mogrifierLSTM(3)]).write(to: tool.path("mogrifier"))
    let before = try tool.files()
    let outcome = try tool.run(["export"] + arguments)
    #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.errors)")
    #expect(outcome.isTidy, "\(outcome.errors)")
    #expect(try tool.files() == before)
  }
}
