import Foundation
import MynahIO
import MynahText

/// A folder of data set files; each file is verified by its SHA-256 before it is put in place.
package struct DataSetStore {
  /// The source of the files.
  package enum Source {
    /// A folder that contains them.
    case folder(String)
    /// The addresses where they are published.
    case addresses(Download)
  }

  private let folder: String
  private let source: Source

  /// Creates a store in a folder, which is created if it does not exist.
  package init(in folder: String, from source: Source) { (self.folder, self.source) = (folder, source) }

  /// Copies or downloads a file unless it exists, and unpacks it if it is an archive to unpack.
  ///
  /// - Returns: True if the file is new, false if it existed already.
  /// - Throws: `DataSetError`, `DownloadError` or `FileError`; existing files are then unchanged.
  package func fetch(_ file: NamedDataSet.File) throws -> Bool {
    try createFolder(folder)
    let path = "\(folder)/\(file.name)"
    let isThere = SHA256.hexadecimal(ofFileAt: path) == file.sha256
    if !isThere {
      switch source {
      case .folder(let source): try AtomicFile.write(found(file, in: source), to: path)
      case .addresses(let download): try fetch(file, to: path, by: download)
      }
    }
    if file.unpacks { try unpack(Self.bytes(at: path) ?? [], path) }
    return !isThere
  }

  private static func bytes(at path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { [UInt8]($0) }
  }

  /// Returns the verified contents of a file.
  private func found(_ file: NamedDataSet.File, in source: String) throws -> [UInt8] {
    let path = "\(source)/\(file.name)"
    guard let bytes = Self.bytes(at: path) else { throw DataSetError.missingFile(path: path, address: file.address) }
    return try checked(bytes, file, source: path)
  }

  private func checked(_ bytes: [UInt8], _ file: NamedDataSet.File, source: String) throws -> [UInt8] {
    let hash = SHA256.hexadecimal(of: bytes)
    guard hash == file.sha256 else {
      throw DataSetError.otherContents(source: source, expectedHash: file.sha256, foundHash: hash)
    }
    return bytes
  }

  // MARK: Addresses

  /// The number of bytes by which an archive may be larger than the file in it.
  private static let archiveAllowance = 16 << 20

  private func fetch(_ file: NamedDataSet.File, to path: String, by download: Download) throws {
    let part = try PartFile(of: path)
    let target =
      file.member == nil
      ? Download.Target(address: file.address, byteCount: file.byteCount)
      : Download.Target(address: file.address, limit: file.byteCount + Self.archiveAllowance)
    try download.fetch(target, into: part)
    do {
      if let member = file.member {
        let archive = try ZipArchive(Self.bytes(at: part.path) ?? [], path: file.address)
        try AtomicFile.write(self.member(member, of: archive, file), to: path)
        part.remove()
      } else {
        try checkDigest(SHA256.hexadecimal(ofFileAt: part.path) ?? "", file)
        try part.commit()
      }
    } catch let error where error is DownloadError || (error as? FileError)?.kind == .badData {
      // Wrong bytes must not be resumed.
      part.remove()
      throw error
    }
  }

  private func member(_ name: String, of archive: ZipArchive, _ file: NamedDataSet.File) throws -> [UInt8] {
    guard let entry = archive.entries.first(where: { $0.name == name }) else {
      throw FileError.malformedArchive(path: file.address, reason: "it contains no file \(name.quoted())")
    }
    guard entry.byteCount == file.byteCount else {
      throw DownloadError.otherSize(
        address: "\(name.quoted()) in \(file.address)", expected: file.byteCount, found: entry.byteCount)
    }
    let bytes = try archive.contents(of: entry)
    try checkDigest(SHA256.hexadecimal(of: bytes), file)
    return bytes
  }

  private func checkDigest(_ found: String, _ file: NamedDataSet.File) throws {
    guard found == file.sha256 else {
      throw DownloadError.otherContents(address: file.address, expectedHash: file.sha256, foundHash: found)
    }
  }

  // MARK: Archives

  /// Writes the files of an archive into its folder, except those that macOS adds to archives.
  private func unpack(_ bytes: [UInt8], _ path: String) throws {
    let archive = try ZipArchive(bytes, path: path)
    for entry in archive.entries where !entry.name.hasPrefix("__MACOSX/") {
      let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.allSatisfy({ !["", ".", ".."].contains($0) }) else {
        throw FileError.malformedArchive(path: path, reason: "\(entry.name.quoted()) is outside its folder")
      }
      let target = "\(folder)/\(entry.name)"
      let contents = try archive.contents(of: entry)
      // Skip files that have been unpacked before.
      guard Self.bytes(at: target) != contents else { continue }
      try createFolder("\(folder)/\(parts.dropLast().joined(separator: "/"))")
      try AtomicFile.write(contents, to: target)
    }
  }
}
