import MynahIO
import MynahInference
import MynahModels
import MynahText

/// A file that `--mix` names: a model file, or n-grams in an ARPA file.
enum MixedModel {
  case network(ModelFile)
  case ngrams(NGramModel)

  /// Reads a file, whose kind is recognised by its contents.
  init(at path: String) throws {
    // A pipe cannot be read twice, and a model file is never read from one.
    let kind = FileKind(at: path)
    if path == "-" || kind != nil && kind != .regular && kind != .directory {
      self = .ngrams(try NGramModel(arpa: path))
    } else if try NGramModel.isARPA(at: path) {
      self = .ngrams(try NGramModel(arpa: path))
    } else {
      self = .network(try Self.network(at: path))
    }
  }

  private static func network(at path: String) throws -> ModelFile {
    do {
      return try ModelFile(contentsOf: path)
    } catch let error as CheckpointError {
      guard let other = otherFile(at: path, error) else { throw error }
      throw other
    }
  }

  /// Returns the error for a file that is neither a model nor n-grams; nil if it is a damaged model.
  private static func otherFile(at path: String, _ error: CheckpointError) -> MixtureError? {
    do {
      _ = try NGramModel(arpa: path)
    } catch InferenceError.notARPA(_, let found?, let advice) {
      return .neither(path: path, found: found, advice: advice)
    } catch {}
    guard case .notSafetensors(_, let found) = error else { return nil }
    return .neither(path: path, found: found, advice: "name another file")
  }

  /// Returns the predictor of a network, with its tokens mapped to the IDs of a tokenizer.
  ///
  /// - Throws: `InferenceError.vocabulariesDiffer`.
  static func predictor(_ file: ModelFile, path: String, tokenizer: AnyTokenizer) throws -> any Predictor {
    let network = NeuralPredictor(InferenceModel(file.model, precision: file.precision))
    let (own, others) = (tokenizer.vocabulary, file.tokenizer.vocabulary)
    guard own != others else { return network }
    guard let ids = own.ids(in: others) else {
      let (ours, theirs) = (own.tokens.map { Array($0.utf8) }, others.tokens.map { Array($0.utf8) })
      throw InferenceError.vocabulariesDiffer(path: path, ours, theirs)
    }
    return RenumberedPredictor(network, ids: ids)
  }

  /// Returns the predictor of n-grams for a model's tokens, and prints warnings about their words.
  ///
  /// - Parameter mapsUnknownWords: The flag `--map-unknown-words`.
  static func predictor(
    _ ngrams: NGramModel, path: String, tokenizer: AnyTokenizer, mapsUnknownWords: Bool
  ) throws -> NGramPredictor {
    let predictor = try namingFlag {
      try NGramPredictor(ngrams, tokenizer: tokenizer, path: path, mapsUnknownWords: mapsUnknownWords)
    }
    for warning in warnings(about: predictor, tokenizer) { StandardError.warn("\(path.quoted()) \(warning)") }
    return predictor
  }

  /// Adds advice about `--map-unknown-words` to the error about missing words.
  private static func namingFlag(_ make: () throws -> NGramPredictor) throws -> NGramPredictor {
    do {
      return try make()
    } catch InferenceError.wordsMissing(let path, let count, let example) {
      throw MixtureError.wordsMissing(path: path, count: count, example: example)
    }
  }

  private static func warnings(about predictor: NGramPredictor, _ tokenizer: AnyTokenizer) -> [String] {
    let (mapped, others) = (predictor.mappedWords, predictor.otherWordCount)
    var warnings: [String] = []
    if let example = mapped.first {
      warnings.append(
        "lacks \(mapped.count.grouped) of the model's words, such as \(example.quoted()), which "
          + (predictor.hasUnknown ? "share the probability of its <unk>" : "have probability 0 in it"))
    }
    if others > 0 {
      warnings.append(
        "has \(others.grouped) \(others == 1 ? "word" : "words") that the model lacks"
          + (tokenizer.vocabulary.unknownID == nil ? "" : ", whose probability is added to that of <unk>"))
    }
    if !predictor.hasUnknown && tokenizer.vocabulary.unknownID != nil {
      warnings.append(
        "has no <unk>, so words that it lacks have probability 0 in it; SRILM's ngram-count -unk writes <unk>")
    }
    return warnings
  }
}

/// An error of `--mix`.
enum MixtureError: CommandFailure, Hashable {
  /// A file is neither a model nor an ARPA file; `found` is a sentence about it.
  case neither(path: String, found: String, advice: String)
  /// An n-gram model lacks words of the model.
  case wordsMissing(path: String, count: Int, example: String)

  var failureCode: FailureCode { .badData }

  var sentence: String {
    switch self {
    case .neither(let path, let found, let advice):
      "expected a model file, or an n-gram model in the ARPA format, which begins with the line '\\data\\', in "
        + "\(path.quoted()), but \(found); \(advice)"
    case .wordsMissing(let path, let count, let example):
      "the n-gram model \(path.quoted()) lacks \(count.grouped) of the model's words, such as \(example.quoted()); "
        + "count it with mynah ngram --tokens-of, or map these words to its <unk> with --map-unknown-words"
    }
  }
}
