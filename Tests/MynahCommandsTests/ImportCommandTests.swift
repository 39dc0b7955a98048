import Foundation
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("mynah import")
struct ImportCommandTests {
  /// Returns a model and its weights, named as in PyTorch's word language model example.
  static func weights() throws -> (file: SafetensorsFile, model: LanguageModel) {
    let model = try TinyModel.drawn().model
    var file = SafetensorsFile(metadata: ["format": "pt"])
    for (name, value) in model.parameters {
      let changed =
        name.replacing("embedding.", with: "encoder.").replacing("recurrent.0.", with: "rnn.")
        .replacing("output.", with: "decoder.")
      file[changed] = StoredTensor(value)
      // PyTorch adds a second bias.
      if changed.hasSuffix("bias_ih_l0") { file["rnn.bias_hh_l0"] = StoredTensor(Tensor.zeros(value.shape)) }
    }
    return (file, model)
  }

  @Test("An imported PyTorch model keeps its weights and can be evaluated and sampled")
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

  /// Returns a pickled list of strings, in protocol 2.
  private static func pickle(_ texts: [String]) -> Data {
    let items = texts.map { text in [0x58, UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8) }
    return Data([0x80, 2, 0x5D, 0x28] + items.joined() + [0x65, 0x2E])
  }

  @Test("The vocabulary may be a pickled list of tokens, and is required if the file has none")
  func pickledVocabulary() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try Self.weights().file.write(to: tool.path("weights"))
    try Self.pickle(["<unk>", "<eos>", "a", "b"]).write(to: URL(filePath: tool.path("itos.pkl")))
    try Self.pickle([]).write(to: URL(filePath: tool.path("empty.pkl")))
    let arguments = ["import", "weights", "--from", "pytorch", "--output", "m"]
    let outcome = try tool.run(arguments + ["--vocabulary", "itos.pkl"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try ModelFile(contentsOf: tool.path("m")).tokenizer.vocabulary.tokens == ["<unk>", "<eos>", "a", "b"])
    let without = try tool.run(arguments + ["--overwrite"])
    #expect(without.status == 64 && without.errors.contains("contains no vocabulary"), "\(without.errors)")
    let empty = try tool.run(arguments + ["--overwrite", "--vocabulary", "empty.pkl"])
    #expect(empty.status != 0 && empty.isTidy, "\(empty.errors)")
  }

  @Test("Importing prints notes about renamed tokens and skipped copies")
  func notes() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    var (file, _) = try Self.weights()
    file["encoder_dropout.weight"] = file["encoder.weight"]
    try file.write(to: tool.path("weights"))
    try tool.write("xxunk\nxxpad\n\\newcommand\n\\\\\n", to: "words.txt")
    try tool.write("\\newcommand zebra \\\\\n", to: "text.txt")
    let outcome = try tool.run(
      "import", "weights", "--from", "pytorch", "--vocabulary", "words.txt", "--output", "m")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for part in ["'xxunk' represents unknown words", "'xxpad' represents padding", "skipped 'encoder_dropout.weight'"] {
      #expect(outcome.errors.contains("note: ") && outcome.errors.contains(part), "\(outcome.errors)")
    }
    let tokens = try ModelFile(contentsOf: tool.path("m")).tokenizer.vocabulary.tokens
    #expect(tokens == ["<unk>", "", "\\newcommand", "\\\\"])
    #expect(try tool.run("evaluate", "m", "text.txt").status == 0)
  }

  @Test(
    "Errors name the formats of unsupported files",
    arguments: [
      ([0x89] + Array("HDF\r\n\u{1A}\n1234".utf8), "HDF5"), ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0], "gzip"),
      (Array("GGUF1234".utf8), "GGUF"), (Array("\\data\\\nngram 1=2\n".utf8), "ARPA"),
    ])
  func otherFormats(bytes: [UInt8], name: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.folder.write(bytes, to: "weights")
    try tool.write("a\nb\n", to: "words.txt")
    for command in [
      ["import", "weights", "--from", "keras", "--vocabulary", "words.txt", "--output", "m"],
      ["inspect", "weights"],
    ] {
      let outcome = try tool.run(command)
      #expect(outcome.status == 65 && outcome.isTidy && outcome.lastLine.contains(name), "\(outcome.errors)")
    }
  }

  @Test(
    "Bad input gives a one-sentence error, the right exit code, and no file",
    arguments: [
      ("--from torch", 64, "pytorch"), ("--from keras", 65, "embedding.embeddings"),
      ("--from pytorch --names embedding,rnn,decoder", 65, "embedding.weight"),
      ("--from keras --names a,b,c", 64, "--from pytorch"),
      ("--from pytorch --names a,b", 64, "three names"),
      ("--from keras --activation relu", 64, "--from pytorch"),
      ("--from pytorch --unknown zebra", 65, "zebra"), ("--from pytorch --activation sigmoid", 64, "tanh"),
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
