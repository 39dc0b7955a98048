public import MynahIO

/// The texts that a language model is trained, validated and tested on.
public struct Corpus: Sendable, Hashable {
  /// The default share of a text that is split off for validation.
  public static let defaultValidationShare = 0.1

  /// The text to train on.
  public let training: String
  /// The text used to decide when to lower the learning rate or stop early; never trained on.
  public let validation: String
  /// The text for the final evaluation, if there is one.
  public let test: String?
  /// A Boolean value indicating whether the validation text is the end of the training text.
  public let isSplit: Bool
  /// The path of the validation text; nil if it is the end of the training text, or a text in memory.
  public let validationPath: String?
  /// Remarks about the input for the user, such as files that were left out; each is a sentence without a full stop.
  public let notes: [String]

  /// Creates a corpus from texts in memory.
  public init(training: String, validation: String, test: String? = nil) {
    self.init(training: training, validation: validation, test: test, isSplit: false)
  }

  private init(
    training: String, validation: String, test: String?, isSplit: Bool, validationPath: String? = nil,
    notes: [String] = []
  ) {
    (self.training, self.validation, self.test, self.isSplit) = (training, validation, test, isSplit)
    self.validationPath = validationPath
    let returns = training.utf8.count { $0 == UInt8(ascii: "\r") }
    let remark =
      returns == 1
      ? "the text has a carriage return that does not end a line and is read as white space"
      : "the text has \(returns) carriage returns that do not end a line and are read as white space"
    self.notes = notes + (returns > 0 ? [remark] : [])
  }

  /// Splits a text in memory: its end becomes the validation text, which starts at the beginning of a line if there are
  /// several lines.
  ///
  /// - Parameter validationShare: The share that becomes the validation text, between 0 and 1.
  /// - Throws: `TextError.tooShortToHoldOut` if the text is shorter than two characters.
  public init(splitting text: String, validationShare: Double = Corpus.defaultValidationShare) throws {
    let bytes = Array(text.utf8)
    let middle = ValidationSplit.middle(of: bytes.count, share: validationShare)
    guard let start = try ValidationSplit.start(in: .memory(bytes, path: "the text"), near: middle) else {
      throw TextError.tooShortToHoldOut(path: nil)
    }
    self.init(
      training: String(decoding: bytes[..<start], as: UTF8.self),
      validation: String(decoding: bytes[start...], as: UTF8.self), test: nil, isSplit: true)
  }

  /// Reads a text file, or a folder; see `init(at:validation:validationShare:invalidBytes:)`.
  ///
  /// - Throws: `FileError`, or `TextError` if a file is missing, ambiguous, or too short to be split.
  public init(at path: String) throws { try self.init(at: [path]) }

  /// Reads text files and folders and concatenates them.
  ///
  /// In a single folder, the files of a data set are identified by train, valid (or dev, or val) and test in their
  /// names; `.txt` files take precedence. In any other folder, all files in a text format (`.txt`, `.md`, `.rst`,
  /// `.tex` and others) are read, including those in subfolders. Without a validation text, the last tenth becomes the
  /// validation text, starting at the beginning of a line if there are several lines.
  ///
  /// - Parameters:
  ///   - validation: The path of the validation text; nil to use that of the data set, or else the end of the text.
  ///   - validationShare: The share of the text that becomes the validation text, between 0 and 1.
  ///   - invalidBytes: The treatment of bytes that are not UTF-8, which depends on the tokenizer.
  /// - Throws: `FileError`, or `TextError` if a file is missing, ambiguous, or too short to be split.
  /// - Precondition: There is at least one path.
  public init(
    at paths: [String], validation: String? = nil, validationShare: Double = Corpus.defaultValidationShare,
    invalidBytes: InvalidBytes = .refused
  ) throws {
    require(!paths.isEmpty, "expected the path of a text, found none")
    if paths.count == 1, FileKind(at: paths[0]) == .directory, try DatasetFiles.isDataset(paths[0]) {
      let files = try DatasetFiles(in: paths[0])
      let test = try files.test.map { try TextFile(at: $0, invalidBytes: invalidBytes).text }
      let left =
        files.otherCount > 0 ? ["left out \(Self.count(files.otherCount, "other text")) in \(paths[0].quoted())"] : []
      try self.init(
        of: [files.training], validation: validation ?? files.validation, test: test, share: validationShare,
        invalidBytes: invalidBytes, notes: left)
    } else {
      let (files, notes) = try Self.files(at: paths)
      try self.init(
        of: files, validation: validation, share: validationShare, invalidBytes: invalidBytes, notes: notes)
    }
  }

  /// Creates a corpus from text files whose paths have been found.
  private init(
    of files: [String], validation: String?, test: String? = nil, share: Double, invalidBytes: InvalidBytes,
    notes: [String] = []
  ) throws {
    let texts: (training: String, validation: String)
    if let validation {
      texts = (try Self.whole(files, invalidBytes), try TextFile(at: validation, invalidBytes: invalidBytes).text)
    } else {
      texts = try Self.split(files, share: share, invalidBytes)
    }
    self.init(
      training: texts.training, validation: texts.validation, test: test, isSplit: validation == nil,
      validationPath: validation, notes: notes)
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// Returns the text files at the given paths of files and folders, and a remark about each folder.
  private static func files(at paths: [String]) throws -> (files: [String], notes: [String]) {
    var (files, notes) = ([String](), [String]())
    for path in paths {
      guard FileKind(at: path) == .directory else {
        files.append(path)
        continue
      }
      let folder = try TextFolder(in: path)
      files += folder.texts
      let left = folder.otherCount > 0 ? ", and left out \(count(folder.otherCount, "other file"))" : ""
      notes.append("read \(count(folder.texts.count, "text")) in \(path.quoted())\(left)")
    }
    return (files, notes)
  }

  /// Returns the texts of whole files, one after another.
  private static func whole(_ files: [String], _ invalidBytes: InvalidBytes) throws -> String {
    guard files.count > 1 else { return try TextFile(at: files[0], invalidBytes: invalidBytes).text }
    let text = try joined(TextPart.wholeParts(of: files), invalidBytes)
    guard !text.isBlank else { throw FileError.emptyText(path: files[0]) }
    return text
  }

  /// Returns the texts of files, one after another, split before the last share.
  private static func split(
    _ files: [String], share: Double, _ invalidBytes: InvalidBytes
  ) throws -> (training: String, validation: String) {
    let texts: (training: String, validation: String)
    if files.count == 1 {
      texts = try split(files[0], share: share, invalidBytes)
    } else {
      let parts = try TextPart.parts(of: files, validationShare: share)
      texts = (
        try joined(parts.filter { !$0.isForValidation }, invalidBytes),
        try joined(parts.filter(\.isForValidation), invalidBytes)
      )
    }
    guard !texts.training.isBlank || !texts.validation.isBlank else { throw FileError.emptyText(path: files[0]) }
    return texts
  }

  /// Returns the texts of parts of files, one after another, as `TextPreparation` reads them.
  private static func joined(_ parts: [TextPart], _ invalidBytes: InvalidBytes) throws -> String {
    var text: [UInt8] = []
    for piece in TextPieces(parts: parts, pieceSize: .max / 8) { text += try piece.get().text(invalidBytes) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Splits the bytes of a file as `TextPreparation` does, so that both produce the same training text.
  private static func split(
    _ path: String, share: Double, _ invalidBytes: InvalidBytes
  ) throws -> (training: String, validation: String) {
    let bytes = try TextFile.bytes(at: path)
    let middle = ValidationSplit.middle(of: bytes.count, share: share)
    guard let start = try ValidationSplit.start(in: .memory(bytes, path: path), near: middle) else {
      let text = String(decoding: try TextFile.normalized(bytes, of: path, invalidBytes: invalidBytes), as: UTF8.self)
      guard text.isBlank else { throw TextError.tooShortToHoldOut(path: path) }
      throw FileError.emptyText(path: path)
    }
    let (learned, rest) = (Array(bytes[..<start]), Array(bytes[start...]))
    let training = try TextFile.normalized(learned, of: path, invalidBytes: invalidBytes)
    let validation = try TextFile.normalized(rest, of: path, at: learned.count, invalidBytes: invalidBytes) {
      () throws(FileError) in learned.count { $0 == UInt8(ascii: "\n") }
    }
    return (String(decoding: training, as: UTF8.self), String(decoding: validation, as: UTF8.self))
  }
}
