import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("Bad input gives a one-sentence error, the right exit code, and no file")
struct BadInputTests {
  /// A command line with its expected exit code and error message.
  struct Case: CustomTestStringConvertible {
    let name: String
    let status: Int32
    let arguments: [String]
    let sentence: String
    var testDescription: String { name }
    /// A Boolean value indicating whether the arguments name a file that exists only on Linux.
    var needsProcessFiles: Bool { arguments.contains { $0.hasPrefix("/proc") } }

    init(_ name: String, _ status: Int32, _ arguments: String, says sentence: String) {
      (self.name, self.status, self.sentence) = (name, status, sentence)
      self.arguments = arguments.split(separator: " ").map { $0 == "''" ? "" : String($0) }
    }
  }

  static let texts = [
    Case("missing text", 66, "train none.txt", says: "there is no file or folder"),
    Case("empty text", 65, "train empty.txt", says: "only white space"),
    Case("white space only", 65, "train blank.txt", says: "only white space"),
    Case("folder without texts", 65, "train folder", says: "expected texts in the folder"),
    Case("latin-1 text", 65, "train latin.txt", says: "found the byte 0xE9 at offset 3"),
    Case("UTF-16 text", 65, "train wide.txt", says: "UTF-16"),
    Case("one word", 65, "train word.txt --batch 20 --sequence-length 20", says: "needs at least 420"),
    Case("one character", 65, "train character.txt", says: "too short"),
    Case("text shorter than a batch", 65, "train text.txt --batch 100000 --sequence-length 100000", says: "more text"),
    Case("missing text to evaluate", 66, "evaluate model none.txt", says: "there is no file or folder"),
    Case("folder as text to evaluate", 66, "evaluate model folder", says: "found the folder"),
    Case("empty text to evaluate", 65, "evaluate model empty.txt", says: "only white space"),
    Case("latin-1 text to evaluate", 65, "evaluate model latin.txt", says: "0xE9"),
    Case("missing folder of a recipe's data", 66, "reproduce ptb --data none", says: "there is no file or folder"),
    Case("folder without a recipe's data", 65, "reproduce ptb --data folder", says: "train"),
    Case("unreadable text", 74, "train /proc/self/mem", says: "cannot read"),
  ]

  static let models = [
    Case("missing model", 66, "evaluate none text.txt", says: "there is no file"),
    Case("folder as model", 66, "generate folder", says: "folder"),
    Case("empty model", 65, "inspect empty.txt", says: "it is empty"),
    Case("text as model", 65, "generate text.txt", says: "not a safetensors file"),
    Case("model cut in its header", 65, "evaluate header text.txt", says: "cut short"),
    Case("model cut in its data", 65, "evaluate cut text.txt", says: "cut short"),
    Case("model with a tail", 65, "evaluate tail text.txt", says: "too long"),
    Case("huge header length", 65, "inspect huge", says: "header of"),
    Case("bad JSON", 65, "generate json", says: "damaged at byte"),
    Case("tensors of another program", 65, "inspect other", says: "from another program"),
    Case("training state as model", 65, "inspect state", says: "is a training state"),
    Case("model as training state", 65, "train text.txt --output run --resume", says: "is a model file"),
    Case("infinite weights, evaluated", 65, "evaluate infinite text.txt", says: "not finite"),
    Case("infinite weights, writing", 65, "generate infinite", says: "not finite"),
    Case("not a number, writing", 65, "generate nan", says: "not finite"),
    Case("unknown character in a prompt", 65, "generate characters abz", says: "not in the vocabulary"),
  ]

  static let usage = [
    Case("no such command", 64, "frobnicate", says: "frobnicate"),
    Case("no input", 64, "train", says: "<inputs>"),
    Case("unknown flag", 64, "train text.txt --frobnicate", says: "--frobnicate"),
    Case("flag without value", 64, "train text.txt --batch", says: "--batch"),
    Case("zero batch", 64, "train text.txt --batch 0", says: "between 1 and"),
    Case("negative batch", 64, "train text.txt --batch -1", says: "between 1 and"),
    Case("batch in words", 64, "train text.txt --batch many", says: "between 1 and"),
    Case("a batch beyond all integers", 64, "train text.txt --batch 99999999999999999999", says: "between 1 and"),
    Case("unknown command", 64, "tran text.txt", says: "no command 'tran'; did you mean 'train'? See 'mynah help'"),
    Case("unknown command unlike any", 64, "xylophone", says: "no command 'xylophone'; see 'mynah help'"),
    Case("unknown subcommand", 64, "classify trian x", says: "did you mean 'train'? See 'mynah help classify'"),
    Case("help of an unknown command", 64, "help nothing", says: "no command 'nothing'; see 'mynah help'"),
    Case("unknown flag", 64, "train text.txt --learning-rat 1", says: "See 'mynah help train'"),
    Case("escape sequence in a flag", 64, "train text.txt --\u{1B}[31m", says: "␛[31m"),
    Case("zero steps", 64, "train text.txt --sequence-length 0", says: "between 1 and"),
    Case("negative epochs", 64, "train text.txt --epochs -1", says: "between 0 and"),
    Case("zero embedding", 64, "train text.txt --embedding 0", says: "between 1 and"),
    Case("zero layer", 64, "train text.txt --hidden 8,0", says: "between 1 and"),
    Case("no layer", 64, "train text.txt --hidden ''", says: "between 1 and"),
    Case("a layer too many commas", 64, "train text.txt --hidden 8,,8", says: "between 1 and"),
    Case("absurd layers", 64, "train text.txt --hidden 65536,65536,65536,65536", says: "of memory"),
    Case("zero rate", 64, "train text.txt --learning-rate 0", says: "above 0"),
    Case("negative rate", 64, "train text.txt --learning-rate -1", says: "above 0"),
    Case("infinite rate", 64, "train text.txt --learning-rate inf", says: "above 0"),
    Case("rate that is no number", 64, "train text.txt --learning-rate nan", says: "above 0"),
    Case("growing rate", 64, "train text.txt --decay 2", says: "at most 1"),
    Case("negative clip", 64, "train text.txt --clip -5", says: "--clip"),
    Case("dropout of 1", 64, "train text.txt --dropout 1", says: "below 1"),
    Case("dropout above 1", 64, "train text.txt --dropout 1.5", says: "below 1"),
    Case("unknown cell", 64, "train text.txt --cell transformer", says: "expected one of lstm, rnn"),
    Case("forget bias that is no number", 64, "train text.txt --forget-bias nan", says: "between"),
    Case("infinite forget bias", 64, "train text.txt --forget-bias inf", says: "between"),
    Case("forget bias without forget gate", 64, "train text.txt --cell gru --forget-bias 1", says: "needs --cell lstm"),
    Case("projected without a size", 64, "train text.txt --cell projected", says: "--projection"),
    Case("window of three inputs", 64, "train text.txt --window 3", says: "between 1 and 2"),
    Case(
      "windows for other layers", 64, "train text.txt --cell qrnn --hidden 8,8,8 --window 2,1",
      says: "one for each of the 3"),
    Case("zero projection", 64, "train text.txt --projection 0", says: "between 1 and"),
    Case("projection of another cell", 64, "train text.txt --cell gru --projection 4", says: "--cell projected"),
    Case("too many rounds", 64, "train text.txt --cell mogrifier --rounds 17", says: "between 0 and 16"),
    Case("zero rank", 64, "train text.txt --cell mogrifier --rank 0", says: "between 1 and"),
    Case(
      "tied sizes that differ", 64, "train text.txt --tied --embedding 8 --hidden 9",
      says: "found a layer of 9 and an embedding of 8"),
    Case("negative dropout of inputs", 64, "train text.txt --dropout-input -0.1", says: "at least 0"),
    Case("embedding dropout of 1", 64, "train text.txt --dropout-embedding 1", says: "below 1"),
    Case("weight drop above 1", 64, "train text.txt --dropout-weights 1.1", says: "below 1"),
    Case("unknown initializer", 64, "train text.txt --initializer normal", says: "uniform, glorot, orthogonal"),
    Case(
      "range of another initializer", 64, "train text.txt --initializer glorot --initial-range 1",
      says: "--initial-range needs"),
    Case("zero range", 64, "train text.txt --initial-range 0", says: "above 0"),
    Case("zero minimum count", 64, "train text.txt --minimum-count 0", says: "between 1 and"),
    Case("vocabulary of one", 64, "train text.txt --vocabulary 1", says: "between 2 and"),
    Case("negative seed", 64, "train text.txt --seed -1", says: "between 0 and"),
    Case("zero threads", 64, "train text.txt --threads 0", says: "between 1 and"),
    Case("zero checkpoint interval", 64, "train text.txt --checkpoint-every 0", says: "between 1 and"),
    Case("unknown tokenizer", 64, "train text.txt --tokenizer syllable", says: "expected one of auto, word"),
    Case("unknown optimizer", 64, "train text.txt --optimizer sgdd", says: "sgd"),
    Case("empty output", 64, "train text.txt --output ''", says: "--output"),
    Case("resume and overwrite", 64, "train text.txt --resume --overwrite", says: "cannot be combined"),
    Case("zero length", 64, "generate model --length 0", says: "between 1 and"),
    Case("negative temperature", 64, "generate model --temperature -1", says: "between 0 and"),
    Case("temperature that is no number", 64, "generate model --temperature nan", says: "between 0 and"),
    Case("two forms of output", 64, "inspect model --json --vocabulary", says: "has no effect"),
    Case("no such recipe", 64, "reproduce nonsense", says: "nonsense"),
    Case("recipe without data", 64, "reproduce ptb", says: "--data"),
    Case("more epochs than the recipe's", 64, "reproduce ptb --data folder --epochs 16", says: "between 1 and 15"),
    Case("nowhere to resume", 64, "reproduce ptb --data folder --resume", says: "--output"),
  ]

  static let outputs = [
    Case("output below a missing folder", 73, "train text.txt --output no/such/m", says: "there is no folder"),
    Case("output below a file", 73, "train text.txt --output text.txt/m", says: "not a folder"),
    Case("output in a folder that takes no files", 73, "train text.txt --output /proc/m", says: "cannot write"),
    Case("folder as output", 73, "train text.txt --output folder", says: "it is a folder"),
    Case("another file as output", 73, "train text.txt --output latin.txt --overwrite", says: "is not replaced"),
    Case("existing model", 73, "train text.txt --output model", says: "--overwrite"),
    Case("existing training state", 73, "train text.txt --output run", says: "--resume"),
    Case("the input as output", 73, "train text.txt --output text.txt --overwrite", says: "is not replaced"),
    Case("nothing to resume", 66, "train text.txt --output none --resume", says: "no training state"),
  ]

  private static let all = texts + models + usage + outputs
  private static let processFiles = FileManager.default.fileExists(atPath: "/proc/self")

  @Test("The error describes the problem, and no file changes", arguments: all.filter { !$0.needsProcessFiles })
  func sentence(_ example: Case) throws { try expectSentence(example) }

  @Test(
    "The error describes the problem with files in /proc", .enabled(if: processFiles, "this machine has no /proc"),
    arguments: all.filter(\.needsProcessFiles))
  func sentenceOfProcessFiles(_ example: Case) throws { try expectSentence(example) }

  private func expectSentence(_ example: Case) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try prepare(tool)
    let before = try tool.files()
    let outcome = try tool.run(example.arguments)
    #expect(outcome.status == example.status, "\(outcome.errors)")
    #expect(outcome.isTidy, "\(outcome.errors)")
    #expect(outcome.lastLine.contains(example.sentence), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(try tool.files() == before, "no file is created or deleted")
  }

  /// Writes the files used by the cases.
  private func prepare(_ tool: CommandLineTool) throws {
    let text = "a b\nb a\n" + TinyModel.text(tokenCount: 300)
    let files: [String: [UInt8]] = [
      "text.txt": Array(text.utf8), "empty.txt": [], "blank.txt": Array("\n \n".utf8), "word.txt": Array("a\n".utf8),
      "character.txt": Array("a".utf8), "latin.txt": Array("caf".utf8) + [0xE9, 0x20, 0xFF, 0xFE],
      "wide.txt": [0xFF, 0xFE, 0x61, 0x00],
    ]
    for (name, bytes) in files { try tool.folder.write(bytes, to: name) }
    try FileManager.default.createDirectory(atPath: tool.path("folder"), withIntermediateDirectories: false)

    let characters = AnyTokenizer.character(try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "b"])))
    try TinyModel.drawn().write(to: tool.path("model"))
    try TinyModel.filled(with: .infinity, TinyModel.drawn().tokenizer).write(to: tool.path("infinite"))
    try TinyModel.filled(with: .nan, TinyModel.drawn().tokenizer).write(to: tool.path("nan"))
    try TinyModel.filled(with: 0, characters).write(to: tool.path("characters"))
    try SafetensorsFile(metadata: ["format": "pt"]).write(to: tool.path("other"))
    try SafetensorsFile(metadata: ["mynah": "training"]).write(to: tool.path("state"))
    let model = [UInt8](try tool.bytes("model"))
    try tool.folder.write(model, to: "run.training")
    try tool.folder.write(model.prefix(40), to: "header")
    try tool.folder.write(model.dropLast(5), to: "cut")
    try tool.folder.write(model + [0], to: "tail")
    try tool.folder.write(Array(repeating: 0xFF, count: 8) + model.dropFirst(8), to: "huge")
    try tool.folder.write(model.prefix(9) + [UInt8(ascii: "}")] + model.dropFirst(10), to: "json")
  }
}
