#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The files of a data set in a folder, known by the words train, valid and test in their names.
package struct DatasetFiles: Sendable, Hashable {
  package let training: String
  package let validation: String?
  package let test: String?
  /// The names of all files of the folder.
  package let names: [String]

  /// Finds the files; `.txt` files come before others; hidden files, folders, and what a run left there are left aside.
  package init(in directory: String) throws(TextError) {
    let names = try Self.fileNames(in: directory)
    self.names = names
    func path(_ role: String) throws(TextError) -> String? {
      let named = names.filter { $0.lowercased().contains(role) }
      let texts = named.filter { $0.lowercased().hasSuffix(".txt") }
      let candidates = texts.isEmpty ? named : texts
      guard candidates.count < 2 else { throw .ambiguousFiles(directory: directory, role: role, found: candidates) }
      return candidates.first.map { directory.hasSuffix("/") ? directory + $0 : directory + "/" + $0 }
    }
    guard let training = try path("train") else {
      throw .missingFile(directory: directory, role: "train", found: names)
    }
    self.training = training
    validation = try path("valid")
    test = try path("test")
    // One file in two roles ("train-and-test.txt") would be learned and then tested.
    for other in [validation, test] where other == training {
      throw .ambiguousFiles(directory: directory, role: "train", found: names)
    }
    if let test, test == validation { throw .ambiguousFiles(directory: directory, role: "test", found: names) }
  }

  package static func fileNames(in directory: String) throws(TextError) -> [String] {
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) else {
      throw .noSuchFile(path: directory)
    }
    guard isDirectory else { throw .notADirectory(path: directory) }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw .unreadable(path: directory, reason: "the folder's list of files cannot be had")
    }
    return names.filter { name in
      var isDirectory = false
      let exists = FileManager.default.fileExists(atPath: directory + "/" + name, isDirectory: &isDirectory)
      let isOfARun = name.hasSuffix(".safetensors") || name.hasSuffix(".training")
      return exists && !isDirectory && !isOfARun && !name.hasPrefix(".")
    }.sorted()
  }
}
