import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahText
import MynahTraining

/// The flags that start a run from existing weights and train parts of a model differently.
struct FineTuningOptions: ParsableArguments, RunOptions {
  @Option(
    help: ArgumentHelp(
      "Start from the weights of this model and keep its sizes and tokens; the optimizer starts anew.",
      valueName: "model"),
    completion: .file(), transform: Bounded.path)
  var initFrom: String?

  @Flag(help: "Add the words or characters of the text that the model of --init-from lacks to its vocabulary.")
  var extendVocabulary = false

  @Option(
    help: ArgumentHelp(
      "Start the embeddings of words from vectors of GloVe, word2vec or fastText (.vec).", valueName: "file"),
    completion: .file(), transform: Bounded.path)
  var vectors: String?

  @Option(
    help: ArgumentHelp(
      "Freeze these parts, separated by commas: embedding, layer.0, layer.1, …, output.", valueName: "parts"),
    transform: Self.parts)
  var freeze: [ModelPart] = []

  @Flag(help: "Train only the last part in the first epoch, and unfreeze one more part in each later epoch.")
  var gradualUnfreezing = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Divide each part's learning rate by this to get the rate of the part before it, such as 2.6. (default: 1)",
      valueName: "factor"),
    transform: Bounded.number(1...1000))
  var layerRateDecay: Float?

  /// A Boolean value indicating whether a run starts from random weights, rather than from a model or word vectors.
  var startsFromRandomWeights: Bool { initFrom == nil && vectors == nil }

  /// The rules of the flags.
  ///
  /// - Parameter resuming: A Boolean value indicating whether a run is resumed, so that its flags may be omitted.
  func rules(resuming: Bool) -> [FlagRule] {
    let startsFromModel = initFrom != nil
    return [
      FlagRule("--extend-vocabulary", extendVocabulary, needs: "--init-from", startsFromModel || resuming),
      FlagRule("--gradual-unfreezing", gradualUnfreezing, needs: "--init-from", startsFromModel || resuming),
      FlagRule("--vectors", vectors != nil, excludes: "--init-from", startsFromModel),
    ]
  }

  var settings: [RunSetting] {
    [
      RunSetting("--freeze", freeze.isEmpty ? nil : freeze, at: \.training.partRates.frozen),
      RunSetting("--gradual-unfreezing", isOn: gradualUnfreezing, at: \.training.partRates.unfreezesGradually),
      RunSetting("--layer-rate-decay", layerRateDecay, at: \.training.partRates.decay),
    ]
  }

  private static let extensionKey = "vocabulary.extended"

  /// The notes for the state of a new run.
  var notes: [String: String] { extendVocabulary ? [Self.extensionKey: "true"] : [:] }

  /// Applies the given flags to the settings of a new run.
  ///
  /// - Throws: `FileError` if a file cannot be read.
  func apply(to run: inout RunSettings) throws {
    try applySettings(to: &run)
    run.training.origin = try initFrom.map(Self.origin)
    run.training.vectors = try vectors.map(Self.origin)
  }

  /// Reads the model of --init-from; nil without the flag.
  ///
  /// - Throws: `CheckpointError`, or `CommandError.roundedModel`.
  func initialModel() throws -> InitialModel? {
    guard let initFrom else { return nil }
    let file = try ModelFile(contentsOf: initFrom)
    guard file.precision == .float32 else {
      throw CommandError.roundedModel(path: initFrom, precision: file.precision)
    }
    return InitialModel(model: file.model, tokenizer: file.tokenizer, name: initFrom)
  }

  /// Reads the word vectors for a vocabulary, and prints the share of tokens that have one; nil without the flag.
  ///
  /// - Throws: `FileError`, `WordVectorsError`, or a `ValidationError` if no word has a vector.
  func wordVectors(for vocabulary: Vocabulary) throws -> WordVectors? {
    guard let vectors else { return nil }
    let read = try WordVectors(contentsOf: vectors, for: vocabulary)
    let share = 100 * Double(read.vectors.count) / Double(vocabulary.count)
    guard !read.vectors.isEmpty else {
      throw ValidationError("no token of the text has a vector in \(vectors.quoted()); expected vectors of its words")
    }
    StandardError.inform(
      "vectors: \(read.vectors.count.grouped) of \(vocabulary.count.grouped) tokens (\(share.formatted(1)) %) have "
        + "one, of \(read.dimension) elements; the others are initialised randomly\n")
    return read
  }

  /// Checks the flags against a run that is resumed.
  ///
  /// - Throws: `CommandError.otherSetting`.
  func expect(in state: TrainingStateFile) throws {
    let configuration = state.configuration
    if extendVocabulary && state.notes[Self.extensionKey] == nil {
      throw CommandError.otherSetting(flag: "--extend-vocabulary", given: "on", own: "off")
    }
    for (flag, path, own) in [
      ("--init-from", initFrom, configuration.origin), ("--vectors", vectors, configuration.vectors),
    ] {
      guard let path else { continue }
      guard try Self.origin(path) != own else { continue }
      throw CommandError.otherSetting(flag: flag, given: path, own: own?.name)
    }
  }

  /// Returns the name and the digest of a file.
  static func origin(_ path: String) throws -> FileOrigin {
    guard let digest = SHA256.hexadecimal(ofFileAt: path) else { throw FileError.noSuchFile(path: path) }
    return FileOrigin(name: URL(filePath: path).lastPathComponent, digest: digest)
  }

  @Sendable private static func parts(_ text: String) throws -> [ModelPart] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let part = ModelPart(name) else {
        throw ValidationError("expected embedding, layer.0, layer.1, … or output, separated by commas")
      }
      return part
    }
  }
}

/// The model that a run starts from.
struct InitialModel {
  var model: LanguageModel
  var tokenizer: AnyTokenizer
  /// The path of its file.
  let name: String

  /// Adds the tokens of a text that the vocabulary lacks.
  ///
  /// - Throws: `TextError.notExtensible`, or a `ValidationError` if the output layer does not have one row per token.
  mutating func extend(byTraining text: String, limits: TokenizerOptions) throws {
    let extended = try tokenizer.extended(
      byTraining: text, minimumCount: limits.minimumCount, maximumSize: limits.vocabulary)
    let (before, after) = (tokenizer.vocabulary.count, extended.vocabulary.count)
    do throws(ModelError) {
      model = try model.extendingVocabulary(to: after)
    } catch {
      throw ValidationError(error.description)
    }
    tokenizer = extended
    StandardError.inform(
      "vocabulary: \(before.grouped) tokens of \(name.quoted()) and \((after - before).grouped) more\n")
  }
}
