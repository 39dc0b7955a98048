#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
package import MynahIO

/// The files of a data set in a folder, identified by their names: train, valid (or dev, or val) and test.
package struct DatasetFiles: Sendable, Hashable {
  package let training: String
  package let validation: String?
  package let test: String?
  /// The names of all files in the folder.
  package let names: [String]

  /// Finds the files.
  ///
  /// `.txt` files take precedence; hidden files, folders, models and checkpoints are ignored.
  ///
  /// - Throws: `FileError`, or `TextError` if a file is missing or ambiguous.
  package init(in directory: String) throws {
    let names = try Self.fileNames(in: directory)
    self.names = names
    func path(_ role: String, or others: [String] = []) throws -> String? {
      let named = names.filter { Self.isNamed($0, role, or: others) }
      let texts = named.filter { $0.lowercased().hasSuffix(".txt") }
      let candidates = texts.isEmpty ? named : texts
      guard candidates.count < 2 else {
        throw TextError.ambiguousFiles(directory: directory, role: role, found: candidates)
      }
      return candidates.first.map { directory.hasSuffix("/") ? directory + $0 : directory + "/" + $0 }
    }
    guard let training = try path("train") else {
      throw TextError.missingFile(directory: directory, role: "train", found: names)
    }
    self.training = training
    validation = try path("valid", or: Self.validationWords)
    test = try path("test")
    // A file in two roles ("train-and-test.txt") would be used for both training and testing.
    for other in [validation, test] where other == training {
      throw TextError.ambiguousFiles(directory: directory, role: "train", found: names)
    }
    if let test, test == validation { throw TextError.ambiguousFiles(directory: directory, role: "test", found: names) }
  }

  /// The number of other texts in the folder.
  package var otherCount: Int {
    names.count(where: TextFolder.isText) - [training, validation, test].count { $0.map(TextFolder.isText) ?? false }
  }

  /// Returns a Boolean value indicating whether a folder has a training file, and either a validation or test file or
  /// no other texts.
  ///
  /// A training file alone is not enough: in a folder of documentation, one page may be about training.
  package static func isDataset(_ directory: String) throws(FileError) -> Bool {
    let names = try fileNames(in: directory)
    guard names.contains(where: { isNamed($0, "train") }) else { return false }
    return names.contains { isNamed($0, "valid", or: validationWords) || isNamed($0, "test") }
      || names.allSatisfy { isNamed($0, "train") || !TextFolder.isText($0) }
  }

  private static let validationWords = ["dev", "val"]

  /// Returns a Boolean value indicating whether a file's name contains a role, or one of its other names as a whole
  /// word.
  ///
  /// The other names, such as “val”, also occur inside unrelated words.
  private static func isNamed(_ name: String, _ role: String, or others: [String] = []) -> Bool {
    let words = name.lowercased().split { !$0.isLetter }.map(String.init)
    return name.lowercased().contains(role) || others.contains { words.contains($0) }
  }

  package static func fileNames(in directory: String) throws(FileError) -> [String] {
    guard let kind = FileKind(at: directory) else { throw .noSuchFile(path: directory) }
    guard kind == .directory else { throw .notADirectory(path: directory) }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw .unreadable(path: directory, reason: "its files cannot be listed")
    }
    return names.filter { name in
      let isOfARun = name.hasSuffix(".safetensors") || name.hasSuffix(".training")
      let isFile = ![nil, .directory].contains(FileKind(at: directory + "/" + name))
      return isFile && !isOfARun && !name.hasPrefix(".")
    }.sorted()
  }
}
