public import Foundation
public import MynahClassification
public import MynahDatasets
public import MynahIO
public import MynahInference
public import MynahModels
public import MynahText
public import MynahTraining

// Overloads that take URLs; the declarations that take paths describe them in detail.

extension URL {
  fileprivate var filePath: String { path(percentEncoded: false) }
}

extension Corpus {
  /// Reads a text file, or a folder; see `init(at:)`.
  public init(at url: URL) throws { try self.init(at: url.filePath) }
}

extension TextFile {
  /// Reads a text file; see `init(at:invalidBytes:)`.
  public init(at url: URL, invalidBytes: InvalidBytes = .refused) throws {
    try self.init(at: url.filePath, invalidBytes: invalidBytes)
  }
}

extension Vocabulary {
  /// Reads a list of tokens; see `init(at:)`.
  public init(at url: URL) throws { try self.init(at: url.filePath) }

  /// Writes a list of tokens; see `write(to:)`.
  public func write(to url: URL) throws { try write(to: url.filePath) }
}

extension TokenFile {
  /// Opens a token file; see `init(at:)`.
  public init(at url: URL) throws { try self.init(at: url.filePath) }
}

extension TextPreparation {
  /// Splits texts, which are concatenated; see `init(of:threadCount:validationShare:)`.
  public init(
    of urls: [URL], threadCount: Int, validationShare: Double = Corpus.defaultValidationShare
  ) throws {
    try self.init(of: urls.map(\.filePath), threadCount: threadCount, validationShare: validationShare)
  }

  /// Encodes the tokens and writes them; see `write(_:to:report:)`.
  public func write(_ tokenizer: AnyTokenizer, to url: URL, report: (Progress) throws -> Void = { _ in }) throws {
    try write(tokenizer, to: url.filePath, report: report)
  }
}

extension SafetensorsFile {
  /// Reads a safetensors file; see `init(contentsOf:)`.
  public init(contentsOf url: URL) throws { try self.init(contentsOf: url.filePath) }

  /// Writes a safetensors file; see `write(to:)`.
  public func write(to url: URL) throws { try write(to: url.filePath) }
}

extension ModelFile {
  /// Reads a model file; see `init(contentsOf:kinds:)`.
  public init(contentsOf url: URL, kinds: ModelKinds = .standard) throws {
    try self.init(contentsOf: url.filePath, kinds: kinds)
  }

  /// Writes a model file; see `write(to:)`.
  public func write(to url: URL) throws { try write(to: url.filePath) }
}

extension PyTorchFile {
  /// Reads a file of `torch.save`; see `init(contentsOf:key:)`.
  public init(contentsOf url: URL, key: String? = nil) throws { try self.init(contentsOf: url.filePath, key: key) }
}

extension WordVectors {
  /// Reads word vectors; see `init(contentsOf:for:)`.
  public init(contentsOf url: URL, for vocabulary: Vocabulary) throws {
    try self.init(contentsOf: url.filePath, for: vocabulary)
  }
}

extension TrainingFiles {
  /// Creates the description of the files; see `init(modelPath:configuration:tokenizer:textHash:notes:)`.
  public init(
    model url: URL, configuration: TrainingConfiguration, tokenizer: AnyTokenizer, textHash: String,
    notes: [String: String] = [:]
  ) {
    self.init(
      modelPath: url.filePath, configuration: configuration, tokenizer: tokenizer, textHash: textHash, notes: notes)
  }
}

extension TrainingStateFile {
  /// Writes a training state; see `write(to:)`.
  public func write(to url: URL) throws { try write(to: url.filePath) }
}

extension NGramModel {
  /// Reads an ARPA file; see `init(arpa:)`.
  public init(arpa url: URL) throws { try self.init(arpa: url.filePath) }

  /// Writes an ARPA file; see `write(arpa:)`.
  public func write(arpa url: URL) throws { try write(arpa: url.filePath) }
}

extension TinyShakespeare {
  /// Reads the text; see `init(at:)`.
  public init(at url: URL) throws { try self.init(at: url.filePath) }
}

extension LabelledText {
  /// Reads labelled texts; see `init(at:)`.
  public init(at url: URL) throws { try self.init(at: url.filePath) }
}

extension TextClassifier {
  /// Trains a classifier on a file of labelled texts with the default settings of a method.
  ///
  /// - Parameters:
  ///   - url: The texts, each on a line after its label and a tab; see `LabelledText(at:)`.
  ///   - method: The method of classification.
  ///   - report: Called with the figures of each epoch, one at a time; an error that it throws ends training.
  /// - Throws: `FileError`, `ClassificationError`, `TrainingError`, or an error thrown by `report`.
  public static func train(
    on url: URL, method: ClassificationMethod = .fineTune,
    report: @escaping @Sendable (ClassifierEvent) throws -> Void = { _ in }
  ) throws -> TextClassifier {
    try ClassifierTrainer(ClassifierSettings(method)).train(LabelledText(at: url), report: report).classifier
  }

  /// Reads a classifier; see `init(contentsOf:)`.
  public init(contentsOf url: URL) throws { try self.init(contentsOf: url.filePath) }

  /// Writes a classifier; see `write(to:)`.
  public func write(to url: URL) throws { try write(to: url.filePath) }
}
