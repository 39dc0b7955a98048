public import MynahIO

/// The texts that a language model is trained, validated and tested on.
public struct Corpus: Sendable, Hashable {
  /// The text to train on.
  public let training: String
  /// The text that decides when to lower the learning rate or to stop early; never trained on.
  public let validation: String
  /// The text for the final evaluation, if there is one.
  public let test: String?
  /// A Boolean value indicating whether the validation text is the end of the training text.
  public let isSplit: Bool
  /// Remarks about the input for the user, such as files that were left out; each is a sentence without a full stop.
  public let notes: [String]

  /// Creates a corpus from texts in memory.
  public init(training: String, validation: String, test: String? = nil) {
    self.init(training: training, validation: validation, test: test, isSplit: false)
  }

  private init(training: String, validation: String, test: String?, isSplit: Bool, notes: [String] = []) {
    (self.training, self.validation, self.test, self.isSplit) = (training, validation, test, isSplit)
    let returns = training.utf8.count { $0 == UInt8(ascii: "\r") }
    let remark =
      returns == 1
      ? "the text has a carriage return that ends no line and is read as white space"
      : "the text has \(returns) carriage returns that end no line and are read as white space"
    self.notes = notes + (returns > 0 ? [remark] : [])
  }

  /// Splits a text in memory, whose end becomes the validation text, starting at the beginning of a line if there are
  /// several lines.
  ///
  /// - Parameter validationShare: The share that becomes the validation text, between 0 and 1.
  /// - Throws: `TextError.tooShortToHoldOut` if the text is shorter than two characters.
  public init(splitting text: String, validationShare: Double = 0.1) throws {
    let bytes = Array(text.utf8)
    let middle = ValidationSplit.middle(of: bytes.count, share: validationShare)
    guard let start = try ValidationSplit.start(in: bytes, near: middle) else {
      throw TextError.tooShortToHoldOut(path: text)
    }
    self.init(
      training: String(decoding: bytes[..<start], as: UTF8.self),
      validation: String(decoding: bytes[start...], as: UTF8.self), test: nil, isSplit: true)
  }

  /// Reads a text file, or a folder; see `init(at:validation:validationShare:invalidBytes:)`.
  ///
  /// - Throws: `FileError`, or `TextError` if a file is missing, ambiguous, or too short to be split.
  public init(at path: String) throws { try self.init(at: [path]) }

  /// Reads text files and folders, which are concatenated.
  ///
  /// In a single folder, the files of a data set are identified by train, valid (or dev, or val) and test in their
  /// names; `.txt` files take precedence. Of any other folder, all files of a text format are read (`.txt`, `.md`,
  /// `.rst`, `.tex` and others), also in folders within it. Without a validation text, the last tenth becomes the
  /// validation text, starting at the beginning of a line if there are several lines.
  ///
  /// - Parameters:
  ///   - validation: The path of the validation text; nil: the one of the data set, or a part of the text.
  ///   - validationShare: The share of the text that becomes the validation text, between 0 and 1.
  ///   - invalidBytes: The treatment of bytes that are not UTF-8, which depends on the tokenizer.
  /// - Throws: `FileError`, or `TextError` if a file is missing, ambiguous, or too short to be split.
  /// - Precondition: There is a path.
  public init(
    at paths: [String], validation: String? = nil, validationShare: Double = 0.1, invalidBytes: InvalidBytes = .refused
  ) throws {
    precondition(!paths.isEmpty, "expected the path of a text, found none")
    let text = { (path: String) throws in try TextFile(at: path, invalidBytes: invalidBytes).text }
    if paths.count == 1, FileKind(at: paths[0]) == .directory, try DatasetFiles.isDataset(paths[0]) {
      let files = try DatasetFiles(in: paths[0])
      let test = try files.test.map(text)
      if let validation = validation ?? files.validation {
        self.init(training: try text(files.training), validation: try text(validation), test: test)
      } else {
        self = try Self.split(files.training, test: test, share: validationShare, invalidBytes)
      }
      return
    }
    var (files, notes) = ([String](), [String]())
    for path in paths {
      guard FileKind(at: path) == .directory else {
        files.append(path)
        continue
      }
      let folder = try TextFolder(in: path)
      files += folder.texts
      func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
      let left = folder.otherCount > 0 ? ", and left out \(count(folder.otherCount, "other file"))" : ""
      notes.append("read \(count(folder.texts.count, "text")) in \(path.quoted())\(left)")
    }
    if let validation {
      let training =
        files.count == 1 ? try text(files[0]) : try Self.joined(TextPart.wholeParts(of: files), invalidBytes)
      guard !training.isBlank else { throw FileError.emptyText(path: files[0]) }
      self.init(training: training, validation: try text(validation), test: nil, isSplit: false, notes: notes)
    } else if files.count == 1 {
      let corpus = try Self.split(files[0], test: nil, share: validationShare, invalidBytes)
      self.init(training: corpus.training, validation: corpus.validation, test: nil, isSplit: true, notes: notes)
    } else {
      let parts = try TextPart.parts(of: files, validationShare: validationShare)
      let texts = try [false, true].map { isForValidation in
        try Self.joined(parts.filter { $0.isForValidation == isForValidation }, invalidBytes)
      }
      guard !texts[0].isBlank || !texts[1].isBlank else { throw FileError.emptyText(path: files[0]) }
      self.init(training: texts[0], validation: texts[1], test: nil, isSplit: true, notes: notes)
    }
  }

  /// Returns the texts of parts of files, one after another, as `TextPreparation` reads them.
  private static func joined(_ parts: [TextPart], _ invalidBytes: InvalidBytes) throws -> String {
    var text: [UInt8] = []
    for piece in TextPieces(parts: parts, pieceSize: .max / 8) { text += try piece.get().text(invalidBytes) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Splits the bytes of a file as `TextPreparation` does, so that both produce the same training text.
  private static func split(
    _ path: String, test: String?, share: Double, _ invalidBytes: InvalidBytes
  ) throws -> Corpus {
    let bytes = try TextFile.bytes(at: path)
    let middle = ValidationSplit.middle(of: bytes.count, share: share)
    guard let start = try ValidationSplit.start(in: bytes, near: middle) else {
      let text = String(decoding: try TextFile.normalized(bytes, of: path, invalidBytes: invalidBytes), as: UTF8.self)
      guard text.isBlank else { throw TextError.tooShortToHoldOut(path: path) }
      throw FileError.emptyText(path: path)
    }
    let (learned, rest) = (Array(bytes[..<start]), Array(bytes[start...]))
    let training = try TextFile.normalized(learned, of: path, invalidBytes: invalidBytes)
    let validation = try TextFile.normalized(rest, of: path, at: learned.count, invalidBytes: invalidBytes) {
      () throws(FileError) in learned.count { $0 == UInt8(ascii: "\n") }
    }
    let corpus = Corpus(
      training: String(decoding: training, as: UTF8.self), validation: String(decoding: validation, as: UTF8.self),
      test: test, isSplit: true)
    guard !corpus.training.isBlank || !corpus.validation.isBlank else { throw FileError.emptyText(path: path) }
    return corpus
  }
}
