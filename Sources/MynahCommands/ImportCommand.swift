import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText

struct ImportCommand: ParsableCommand, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import a model from PyTorch or Keras.",
    discussion: """
      The weights are a safetensors file: for PyTorch the output of safetensors.torch.save_file for a state_dict(), \
      for Keras the output of Scripts/keras-weights.py for a .weights.h5. The kinds and sizes of layers are read from \
      the tensors. The vocabulary is a text file with one token per line in the order of their ids, a line end as \\n, \
      as mynah inspect --vocabulary prints it. Or it is a folder of texts with train, valid and test in their names, \
      whose words are numbered as they are first seen, as in PyTorch's example word_language_model. The tensor names \
      of that example, of AWD-LSTM and of fastai are recognised.

        mynah import weights.safetensors --from pytorch --vocabulary words.txt \\
          --output model.safetensors
      """)

  /// The programs that models are imported from.
  enum Toolkit: String, ExpressibleByArgument, CaseIterable {
    case pytorch, keras
  }

  /// The tokenizers that a list of tokens makes; others need more than a list.
  enum ListTokenizer: String, ExpressibleByArgument, CaseIterable {
    case word, character
  }

  @Argument(help: "The weights.", completion: .file())
  var weights: String

  @Option(help: ArgumentHelp("The program that wrote them.", valueName: "name"))
  var from: Toolkit

  @Option(help: ArgumentHelp("The tokens, one per line, or the folder of a corpus.", valueName: "path"))
  var vocabulary: String

  @Option(name: .customLong("tokenizer"), help: ArgumentHelp("The tokenizer.", valueName: "name"))
  var kind = ListTokenizer.word

  @Option(help: ArgumentHelp("The model file.", valueName: "file"), completion: .file(), transform: Bounded.path)
  var output: String

  @Option(
    help: ArgumentHelp(
      "PyTorch's names of the embedding, the recurrent layers and the output. (default: recognised)",
      valueName: "names"),
    transform: Self.names)
  var names: PyTorchNames?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  var rules: [FlagRule] { [FlagRule("--names", names != nil, needs: "--from pytorch", from == .pytorch)] }

  mutating func run() throws {
    try NewFile.check(output, overwriting: overwrite)
    let file = try SafetensorsFile(contentsOf: weights)
    let tokenizer = try tokenizer()
    let model =
      switch from {
      case .pytorch: try LanguageModel(pyTorch: file, names: names ?? PyTorchNames(recognizing: file) ?? PyTorchNames())
      case .keras: try LanguageModel(keras: file)
      }
    let count = tokenizer.vocabulary.count
    guard count == model.configuration.vocabularySize else {
      throw ValidationError(
        "expected a vocabulary of \(model.configuration.vocabularySize) tokens, as the model has, "
          + "found \(count) in '\(vocabulary)'")
    }
    try ModelFile(model: model, tokenizer: tokenizer).write(to: output)
    try StandardOutput.write(model.summary + "\n")
  }

  private func tokenizer() throws -> AnyTokenizer {
    if kind == .word && FileKind(at: vocabulary) == .directory {
      return .word(WordTokenizer(vocabulary: try Vocabulary(wordsOfCorpus: vocabulary)))
    }
    let vocabulary = try Vocabulary(at: vocabulary)
    switch kind {
    case .word: return .word(WordTokenizer(vocabulary: vocabulary))
    case .character: return .character(try CharacterTokenizer(vocabulary: vocabulary))
    }
  }

  @Sendable private static func names(_ text: String) throws -> PyTorchNames {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 3, !parts.contains("") else {
      throw ValidationError("expected three names with commas between, as encoder,rnn,decoder")
    }
    return PyTorchNames(embedding: parts[0], recurrent: parts[1], output: parts[2])
  }
}
