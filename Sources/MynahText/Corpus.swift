import MynahIO

/// The texts that a language model is trained, validated and tested on.
public struct Corpus: Sendable, Hashable {
  /// The text to train on.
  public let training: String
  /// The text that decides when to lower the learning rate or to stop early; never trained on.
  public let validation: String
  /// The text for the final evaluation, if there is one.
  public let test: String?
  /// A Boolean value indicating whether the validation text is a split of the training file: its last tenth.
  public let isSplit: Bool

  /// Creates a corpus from texts in memory.
  public init(training: String, validation: String, test: String? = nil) {
    self.init(training: training, validation: validation, test: test, isSplit: false)
  }

  private init(training: String, validation: String, test: String?, isSplit: Bool) {
    (self.training, self.validation, self.test, self.isSplit) = (training, validation, test, isSplit)
  }

  /// Reads a text file, or a folder that contains one file per split.
  ///
  /// The last tenth of a single file becomes the validation text, starting at the beginning of a line if the file has
  /// several lines. In a folder, the files are identified by the words train, valid and test in their names; `.txt`
  /// files take precedence. Only the training file is required; without a validation file, the last tenth of the
  /// training file becomes the validation text.
  ///
  /// - Throws: `FileError`, or `TextError` if a file is missing, ambiguous, or too short to be split.
  public init(at path: String) throws {
    guard FileKind(at: path) == .directory else {
      self = try Self.split(path, test: nil)
      return
    }
    let files = try DatasetFiles(in: path)
    let test = try files.test.map { try TextFile(at: $0).text }
    if let validation = files.validation {
      self.init(
        training: try TextFile(at: files.training).text, validation: try TextFile(at: validation).text, test: test)
    } else {
      self = try Self.split(files.training, test: test)
    }
  }

  /// Splits the bytes of a file as `TextPreparation` does, so that both produce the same training text.
  private static func split(_ path: String, test: String?) throws -> Corpus {
    let bytes = try TextFile.bytes(at: path)
    guard let start = try ValidationSplit.start(in: bytes, near: ValidationSplit.middle(of: bytes.count)) else {
      let text = String(decoding: try TextFile.normalized(bytes, of: path), as: UTF8.self)
      guard text.isBlank else { throw TextError.tooShortToHoldOut(path: path) }
      throw FileError.emptyText(path: path)
    }
    let (learned, rest) = (Array(bytes[..<start]), Array(bytes[start...]))
    let training = try TextFile.normalized(learned, of: path)
    let validation = try TextFile.normalized(rest, of: path, at: learned.count) { () throws(FileError) in
      learned.count { $0 == UInt8(ascii: "\n") }
    }
    let corpus = Corpus(
      training: String(decoding: training, as: UTF8.self), validation: String(decoding: validation, as: UTF8.self),
      test: test, isSplit: true)
    guard !corpus.training.isBlank || !corpus.validation.isBlank else { throw FileError.emptyText(path: path) }
    return corpus
  }
}
