#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The texts that a language model is trained, validated and tested on.
public struct Corpus: Sendable, Hashable {
  /// The text that the model learns.
  public let training: String
  /// The text that tells when to slow down or stop; never learned.
  public let validation: String
  /// The text for the final figure, if there is one.
  public let test: String?
  /// Whether the validation text is the last tenth of the file of the training text.
  public let isHeldOut: Bool

  /// Creates a corpus of texts in memory.
  public init(training: String, validation: String, test: String? = nil) {
    self.training = training
    self.validation = validation
    self.test = test
    isHeldOut = false
  }

  /// Reads a text file, or a folder that has one file for each part.
  ///
  /// Of a single file the last tenth is held out for validation, from the start of a line if it has several. In a folder
  /// the files are known by the words train, valid and test in their names, `.txt` files before others; only the first
  /// is a must, and without a second the last tenth of the training text is held out.
  ///
  /// - Throws: What reading the files throws, or that a file is missing or that several could be meant.
  public init(at path: String) throws(TextError) {
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { throw .noSuchFile(path: path) }
    guard isDirectory else {
      self = try Self.holdingOut(try TextFile(at: path), test: nil)
      return
    }
    let files = try DatasetFiles(in: path)
    let training = try TextFile(at: files.training)
    let test: String? = if let path = files.test { try TextFile(at: path).text } else { nil }
    if let validation = files.validation {
      self.init(training: training.text, validation: try TextFile(at: validation).text, test: test)
    } else {
      self = try Self.holdingOut(training, test: test)
    }
  }

  private static func holdingOut(_ file: TextFile, test: String?) throws(TextError) -> Corpus {
    guard let split = heldOutStart(in: file.text) else { throw .tooShortToHoldOut(path: file.path) }
    return Corpus(heldOut: String(file.text[split...]), from: String(file.text[..<split]), test: test)
  }

  private init(heldOut validation: String, from training: String, test: String?) {
    self.training = training
    self.validation = validation
    self.test = test
    isHeldOut = true
  }
}

/// Where the last tenth of a text begins: after the line end that is nearest before nine tenths of it (or else after the
/// first one behind), in a text of a single line after a space, in a text of a single word anywhere; nil for one character.
func heldOutStart(in text: String) -> String.Index? {
  let bytes = text.utf8
  let middle = bytes.index(bytes.startIndex, offsetBy: bytes.count * 9 / 10)
  for separator in [UInt8(ascii: "\n"), UInt8(ascii: " ")] {
    if let before = bytes[..<middle].lastIndex(of: separator) { return bytes.index(after: before) }
    if let behind = bytes[middle...].firstIndex(of: separator), bytes.index(after: behind) < bytes.endIndex {
      return bytes.index(after: behind)
    }
  }
  let scalars = text.unicodeScalars
  let (count, start) = (scalars.count, scalars.startIndex)
  return count < 2 ? nil : scalars.index(start, offsetBy: max(1, count * 9 / 10))
}
