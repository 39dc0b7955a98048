import Foundation
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("mynah import")
struct ImportCommandTests {
  /// A model's weights as PyTorch's example of a word language model names them.
  static func weights() throws -> (file: SafetensorsFile, model: LanguageModel) {
    let model = try TinyModel.drawn().model
    var file = SafetensorsFile(metadata: ["format": "pt"])
    for (name, value) in model.parameters {
      let changed =
        name.replacing("embedding.", with: "encoder.").replacing("recurrent.0.", with: "rnn.")
        .replacing("output.", with: "decoder.")
      file[changed] = StoredTensor(value)
    }
    return (file, model)
  }

  @Test("A model of PyTorch becomes a model file that evaluates and writes")
  func pyTorch() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let (file, model) = try Self.weights()
    try file.write(to: tool.path("weights"))
    try tool.write("<unk>\n<eos>\na\nb\n", to: "words.txt")
    try tool.write("a b\nb a a\n", to: "text.txt")
    let arguments = ["import", "weights", "--from", "pytorch", "--vocabulary", "words.txt", "--output", "m"]
    let outcome = try tool.run(arguments + ["--names", "encoder,rnn,decoder"])
    #expect(outcome.status == 0 && outcome.output.contains("recurrent.0 (LSTM)"), "\(outcome.errors)")
    let read = try ModelFile(contentsOf: tool.path("m"))
    #expect(read.model.parameters.map(\.value) == model.parameters.map(\.value))
    #expect(read.tokenizer.vocabulary.tokens == ["<unk>", "<eos>", "a", "b"])
    #expect(try tool.run("evaluate", "m", "text.txt").status == 0)
    #expect(try tool.run("generate", "m", "a", "--length", "3").status == 0)

    let again = try tool.run(arguments + ["--names", "encoder,rnn,decoder"])
    #expect(again.status == 73 && again.lastLine.contains("--overwrite"), "\(again.errors)")
  }

  @Test(
    "Bad input gives a one-sentence error, the right exit code, and no file",
    arguments: [
      ("--from torch", 64, "pytorch"), ("--from keras", 65, "embedding.embeddings"),
      ("--from pytorch --names embedding,rnn,decoder", 65, "embedding.weight"),
      ("--from keras --names a,b,c", 64, "--from pytorch"),
      ("--from pytorch --names a,b", 64, "three names"),
      ("--from pytorch --names encoder,rnn,decoder --vocabulary few.txt", 64, "expected a vocabulary of 4 tokens"),
      ("--from pytorch --names encoder,rnn,decoder --vocabulary twice.txt", 65, "once"),
      ("--from pytorch --names encoder,rnn,decoder --vocabulary none.txt", 66, "there is no file"),
      ("--from pytorch --names encoder,rnn,decoder --tokenizer character --vocabulary long.txt", 65, "character"),
    ])
  func badInput(flags: String, status: Int32, sentence: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try Self.weights().file.write(to: tool.path("weights"))
    try tool.write("<unk>\n<eos>\na\nb\n", to: "words.txt")
    try tool.write("a\nb\n", to: "few.txt")
    try tool.write("a\na\nb\nc\n", to: "twice.txt")
    try tool.write("<unk>\nab\nc\nd\n", to: "long.txt")
    let before = try tool.files()
    var arguments = flags.split(separator: " ").map { String($0) }
    if !flags.contains("--vocabulary") { arguments += ["--vocabulary", "words.txt"] }
    let outcome = try tool.run(["import", "weights", "--output", "m"] + arguments)
    #expect(outcome.status == status && outcome.isTidy, "\(outcome.errors)")
    #expect(outcome.lastLine.contains(sentence), "\(outcome.errors)")
    #expect(try tool.files() == before)
  }
}
