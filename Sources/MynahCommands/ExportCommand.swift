import ArgumentParser
import MynahIO
import MynahModels
import MynahONNX
import MynahTensors
import MynahText

/// `mynah export`: a model for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export a model to PyTorch or ONNX.",
    discussion: """
      --output writes a folder: model.safetensors with the parameter names of PyTorch's word_language_model, \
      configuration.json, vocabulary.txt with one token per line, and for words and byte pairs Hugging Face's \
      tokenizer.json. Scripts/load-export.py loads it. --onnx writes one file for ONNX runtimes, with the state as \
      inputs and outputs.

        mynah export notes.safetensors --output notes-pytorch
        mynah export notes.safetensors --onnx notes.onnx
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("The folder for PyTorch.", valueName: "folder"), completion: .directory, transform: Bounded.path)
  var output: String?

  @Option(help: ArgumentHelp("The ONNX file.", valueName: "file"), completion: .file(), transform: Bounded.path)
  var onnx: String?

  @Flag(help: "Replace existing files.")
  var overwrite = false

  @Flag(help: "Print a JSON object for each file.")
  var json = false

  func validate() throws {
    if output == nil && onnx == nil {
      throw ValidationError("expected --output or --onnx, found neither; name a folder or a file to write")
    }
  }

  mutating func run() throws {
    if let onnx { try NewFile.check(onnx, overwriting: overwrite) }
    let file = try ModelFile(contentsOf: model)
    try file.model.requireFinite(at: model)
    // Both are created before either is written, so that nothing is written if the model cannot be exported.
    let weights = try output.map { _ in try file.model.pyTorchWeights() }
    let graph = try onnx.map { _ in try ONNXFile(file) }
    if let output, let weights { try fill(output, file, weights) }
    if let onnx, let graph {
      try AtomicFile.write(graph.bytes, to: onnx)
      try report(onnx, "an ONNX graph of \(graph.bytes.count.grouped) bytes")
    }
  }

  private func fill(_ folder: String, _ file: ModelFile, _ weights: SafetensorsFile) throws {
    let vocabulary = file.tokenizer.vocabulary
    var texts = [
      ("configuration.json", try SafetensorsFile.encode(file.model.configuration) + "\n", "the sizes"),
      (
        "vocabulary.txt", try vocabulary.lines(),
        "\(vocabulary.count.grouped) tokens, one per line"
      ),
    ]
    if let tokenizer = file.tokenizer.tokenizerJSON {
      texts.append(("tokenizer.json", tokenizer, "the tokenizer for Hugging Face"))
    }
    try createFolder(folder)
    let weightsPath = folder + "/model.safetensors"
    for path in [weightsPath] + texts.map({ folder + "/" + $0.0 }) {
      try NewFile.check(path, overwriting: overwrite)
    }
    try weights.write(to: weightsPath)
    try report(weightsPath, "\(weights.names.count) tensors under PyTorch's names")
    for (name, text, what) in texts {
      try NewFile.write(text, to: folder + "/" + name)
      try report(folder + "/" + name, what)
    }
  }

  private func report(_ path: String, _ what: String) throws {
    struct Figures: Encodable {
      let file, content: String
    }
    if json { return try StandardOutput.writeJSON(Figures(file: path, content: what)) }
    try StandardOutput.write("\(path): \(what)\n")
  }
}
