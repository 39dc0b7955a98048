import MynahIO

/// A zip archive of `torch.save`: a pickle, and the bytes of each storage.
///
/// The files of the archive `model.pt` are `model/data.pkl`, `model/data/0`, …, and small ones about the format.
/// Source: `PyTorchStreamWriter` in PyTorch's `caffe2/serialize/inline_container.cc`.
struct PyTorchArchive {
  private let archive: ZipArchive
  private let path: String
  /// The name of the folder that contains all files.
  private let folder: String
  private var entries: [String: ZipArchive.Entry] = [:]

  /// The number of bytes that are charged for each file of the archive.
  private static let entryByteCount = 256

  /// Reads the archive's directory.
  ///
  /// - Throws: `FileError`; `PyTorchFileError` if it is not an archive of `torch.save`.
  init(_ source: ByteSource, budget: inout MemoryBudget) throws {
    (archive, path) = (try ZipArchive(source), source.path)
    try budget.spend(archive.entries.count, of: Self.entryByteCount)
    for entry in archive.entries {
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw FileError.malformedArchive(path: path, reason: "it contains \(entry.name.quoted(80)) twice")
      }
    }
    let folders = archive.entries.compactMap { entry -> Substring? in
      let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == 2 && parts[1] == "data.pkl" ? parts[0] : nil
    }
    guard let folder = folders.first.map({ String($0) }), folders.count == 1 else {
      throw PyTorchFileError.notPyTorch(path: path, found: Self.inWords(archive))
    }
    self.folder = folder
    guard !archive.entries.contains(where: { Self.isScript($0.name, folder) }) else {
      throw PyTorchFileError.torchScript(path: path)
    }
  }

  private static func isScript(_ name: String, _ folder: String) -> Bool {
    name == folder + "/constants.pkl" || name.hasPrefix(folder + "/code/")
  }

  /// Returns the pickle with the object that was saved.
  func pickle(budget: inout MemoryBudget) throws -> PickleInput {
    if let order = entries[folder + "/byteorder"] {
      try budget.spend(order.byteCount)
      let text = String(decoding: try contents(of: order), as: UTF8.self)
      guard text == "little" else {
        if text == "big" { throw PyTorchFileError.bigEndian(path: path) }
        throw FileError.malformedArchive(path: path, reason: "its byte order is \(text.quoted(40))")
      }
    }
    let name = folder + "/data.pkl"
    guard let entry = entries[name] else { throw PyTorchFileError.missingMember(path: path, name: name) }
    try budget.spend(entry.byteCount)
    return PickleInput(.memory(try contents(of: entry), path: path), member: "data.pkl")
  }

  /// Returns the contents of a file whose size has been charged.
  private func contents(of entry: ZipArchive.Entry) throws -> [UInt8] {
    // PyTorch writes no checksums after `torch.serialization.set_crc32_options(False)`.
    try archive.contents(of: entry, allowsMissingChecksum: true)
  }

  /// Returns a description of an archive that lacks PyTorch's pickle, starting with "it is".
  private static func inWords(_ archive: ZipArchive) -> String {
    let names = archive.entries.map(\.name)
    if names.contains("model.weights.h5") { return "it is a Keras model" }
    if names.contains(where: { $0.hasSuffix(".npy") }) { return "it is an archive of NumPy arrays" }
    return names.contains { $0.hasSuffix("/data.pkl") }
      ? "it is a zip archive with several pickles" : "it is a zip archive without the file data.pkl"
  }
}

extension PyTorchArchive: StorageReader {
  func bytes(of storage: PyTorchStorage) throws -> [UInt8] {
    let name = "\(folder)/data/\(storage.key)"
    guard let entry = entries[name] else { throw PyTorchFileError.missingMember(path: path, name: name) }
    let expected = storage.byteCount
    guard entry.byteCount == expected else {
      throw PyTorchFileError.malformedStorage(
        path: path, key: storage.key, expected: "\(expected) bytes", found: "\(entry.byteCount)")
    }
    return try contents(of: entry)
  }
}
