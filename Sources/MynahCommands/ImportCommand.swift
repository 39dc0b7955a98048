import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText

struct ImportCommand: ParsableCommand, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take a model over from PyTorch or Keras.",
    discussion: """
      The weights are a safetensors file: of PyTorch what safetensors.torch.save_file makes of a state_dict(), of Keras what \
      Scripts/keras-weights.py makes of a .weights.h5. Sizes and kinds of layers are read off the tensors. The vocabulary is a text \
      file with a token a line, in the order of their numbers; a line end is \\n, as mynah inspect --vocabulary prints it. Or it is a folder \
      of texts with train, valid and test in their names: words as they are first seen, as in PyTorch's example word_language_model. \
      That example's names, those of AWD-LSTM and fastai's are recognised.

        mynah import weights.safetensors --from pytorch --vocabulary words.txt --output model.safetensors
      """)

  /// The programs that models are taken over from.
  enum Toolkit: String, ExpressibleByArgument, CaseIterable {
    case pytorch, keras
  }

  /// What a list of tokens can be of; other tokenizers are more than a list.
  enum Level: String, ExpressibleByArgument, CaseIterable {
    case word, character
  }

  @Argument(help: "The weights.")
  var weights: String

  @Option(help: ArgumentHelp("The program that made them: pytorch or keras.", valueName: "name"))
  var from: Toolkit

  @Option(help: ArgumentHelp("The tokens, one a line, or the folder of a corpus.", valueName: "path"))
  var vocabulary: String

  @Option(help: "What a token is: word or character. (default: word)")
  var level = Level.word

  @Option(help: ArgumentHelp("The model file.", valueName: "file"), transform: Bounded.path)
  var output: String

  @Option(
    help: ArgumentHelp(
      "What PyTorch calls the embedding, the recurrent layers and the output. (default: recognised)",
      valueName: "names"),
    transform: Self.names)
  var names: PyTorchNames?

  @Flag(help: "Replace a file that stands there.")
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
    if level == .word && FileKind(at: vocabulary) == .directory {
      return .word(WordTokenizer(vocabulary: try Vocabulary(wordsOfCorpus: vocabulary)))
    }
    let vocabulary = try Vocabulary(at: vocabulary)
    switch level {
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
