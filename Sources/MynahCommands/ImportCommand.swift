import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText

struct ImportCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import a model from PyTorch or Keras.",
    discussion: """
      For PyTorch, the weights are a file from torch.save, or a state_dict() from safetensors.torch.save_file; for \
      Keras, the output of Scripts/keras-weights.py for a .weights.h5 file. The kinds and sizes of the layers are \
      inferred from the tensors. Every tensor in the file is used, skipped with a note, or reported as an error. The \
      vocabulary is a text file with one token per line in the order of their ids, a line end as \\n, as mynah inspect \
      --vocabulary prints it. Or it is a folder of texts with train, valid and test in their names, \
      whose words are numbered in the order of their first occurrence, as in PyTorch's example word_language_model. \
      The tensor names of that example, of AWD-LSTM and of fastai are recognised.

        mynah import weights.safetensors --from pytorch --vocabulary words.txt \\
          --output model.safetensors
      """)

  /// The programs that models are imported from.
  enum Toolkit: String, ExpressibleByArgument, CaseIterable {
    case pytorch, keras
  }

  /// The tokenizers that a list of tokens determines completely.
  enum ListTokenizer: String, ExpressibleByArgument, CaseIterable {
    case word, character
  }

  @Argument(help: "The weights.", completion: .file())
  var weights: String

  @Option(help: ArgumentHelp("The framework that wrote them.", valueName: "name"))
  var from: Toolkit

  @Option(
    help: ArgumentHelp(
      "The tokens: a file with one per line, a PyTorch or pickle file with a vocabulary, or the folder of a corpus. "
        + "(default: the vocabulary in the weights file)",
      valueName: "path"),
    completion: .file())
  var vocabulary: String?

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

  @Option(
    help: ArgumentHelp(
      "The activation of PyTorch's nn.RNN: tanh or relu. (default: as stated in the file)", valueName: "name"),
    transform: Self.activation)
  var activation: RNNCell.Activation?

  @Option(
    help: ArgumentHelp(
      "The token that represents unknown words. (default: the first of <unk>, [UNK], <UNK>, xxunk and UNK in the list)",
      valueName: "token"))
  var unknown: String?

  @Option(
    help: ArgumentHelp(
      "The key of the model in a torch.save file that contains several, such as models.generator.", valueName: "key")
  )
  var key: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    [
      FlagRule("--names", names != nil, needs: "--from pytorch", from == .pytorch),
      FlagRule("--activation", activation != nil, needs: "--from pytorch", from == .pytorch),
      FlagRule("--unknown", unknown != nil, excludes: "--tokenizer character", kind == .character),
    ]
  }

  mutating func run() throws {
    try NewFile.check(output, overwriting: overwrite)
    let (file, ownVocabulary) = try tensors()
    let tokenizer = try tokenizer(ownVocabulary)
    let imported =
      switch from {
      case .pytorch: try LanguageModel.importing(pyTorch: file, names: names, activation: activation)
      case .keras: try LanguageModel.importing(keras: file)
      }
    for note in imported.notes { StandardError.note(note) }
    let model = imported.model
    let count = tokenizer.vocabulary.count
    guard count == model.configuration.vocabularySize else {
      throw ValidationError(
        "expected a vocabulary of \(model.configuration.vocabularySize) tokens, as the model has, "
          + "found \(count) in \((vocabulary ?? weights).quoted())")
    }
    try model.requireFinite(at: weights)
    try ModelFile(model: model, tokenizer: tokenizer).write(to: output)
    try StandardOutput.write(model.summary + "\n")
  }

  /// Returns the tensors of the file, and its vocabulary if it has one.
  ///
  /// For a file of `torch.save`, the metadata contain the activation of its recurrent modules.
  private func tensors() throws -> (file: SafetensorsFile, vocabulary: [String]?) {
    guard from == .pytorch, PyTorchFile.isLikely(at: weights) else {
      try FlagRule("--key", key != nil, needs: "a torch.save file", false).check()
      return (try SafetensorsFile(contentsOf: weights), nil)
    }
    let file: PyTorchFile
    do {
      file = try PyTorchFile(contentsOf: weights, key: key)
    } catch {
      // An error about the archive does not mention its format, so the note does.
      StandardError.note("\(weights.quoted()) was read as a PyTorch torch.save file")
      throw error
    }
    for name in file.leftOut { StandardError.note("skipped \(name.quoted(80)), which is not part of the model") }
    var tensors = file.safetensors()
    let activations = Set(file.settings.values.compactMap { RNNCell.Activation(module: $0) })
    if activations.count == 1 { tensors.metadata["nonlinearity"] = activations.first?.rawValue }
    return (tensors, file.vocabulary)
  }

  /// - Parameter own: The vocabulary in the file of the weights.
  private func tokenizer(_ own: [String]?) throws -> AnyTokenizer {
    let listed = try listed(own)
    switch kind {
    case .word: return .word(WordTokenizer(vocabulary: try words(listed)))
    case .character: return .character(try CharacterTokenizer(vocabulary: listed))
    }
  }

  private func listed(_ own: [String]?) throws -> Vocabulary {
    guard let path = vocabulary else {
      guard let own else {
        throw ValidationError(
          "\(weights.quoted()) contains no vocabulary; name a file with the tokens with --vocabulary")
      }
      return try Vocabulary(tokens: own)
    }
    if FileKind(at: path) == .directory { return try Vocabulary(wordsOfCorpus: path) }
    guard PyTorchFile.isLikely(at: path) else { return try Vocabulary(at: path) }
    guard let tokens = try PyTorchFile(contentsOf: path).vocabulary else {
      throw ValidationError("expected --vocabulary with a list of tokens, found none in \(path.quoted())")
    }
    return try Vocabulary(tokens: tokens)
  }

  /// Returns the words, with this program's names for unknown words and for padding.
  private func words(_ listed: Vocabulary) throws -> Vocabulary {
    let (words, renamed) = try listed.renamingSpecialTokens(unknown: unknown)
    for token in renamed {
      let meaning = token.name == Vocabulary.unknown ? "unknown words" : "padding"
      StandardError.note("\(token.token.quoted()) represents \(meaning)")
    }
    return words
  }

  @Sendable private static func activation(_ name: String) throws -> RNNCell.Activation {
    guard let activation = RNNCell.Activation(rawValue: name) else { throw ValidationError("expected tanh or relu") }
    return activation
  }

  @Sendable private static func names(_ text: String) throws -> PyTorchNames {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 3, !parts.contains("") else {
      throw ValidationError("expected three names separated by commas, such as encoder,rnn,decoder")
    }
    return PyTorchNames(embedding: parts[0], recurrent: parts[1], output: parts[2])
  }
}

extension RNNCell.Activation {
  /// Creates the activation of an `nn.RNN`; nil for other modules.
  fileprivate init?(module: PyTorchFile.RecurrentSettings) {
    switch module.mode {
    case "RNN_TANH": self = .tanh
    case "RNN_RELU": self = .relu
    default: return nil
    }
  }
}
