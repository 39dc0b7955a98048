import Foundation
import MynahTensors
import MynahText

/// Brings the files of data sets into a folder, each checked by its digest before it takes its place.
package struct DataSetStore {
  private let folder: String
  private let source: String

  /// Names the folder, which is made if it is missing, and the one that holds the files.
  package init(in folder: String, from source: String) { (self.folder, self.source) = (folder, source) }

  /// Brings a file, and what is in it if it is an archive to unpack.
  ///
  /// - Returns: Whether it was brought; false if it was there.
  /// - Throws: `DataSetError` or `FileError`.
  package func bring(_ file: NamedDataSet.File) throws -> Bool {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError.cannotWrite(path: folder, reason: "the folder cannot be made; name another with --to")
    }
    let path = "\(folder)/\(file.name)"
    var bytes = Self.bytes(at: path)
    let isThere = bytes.map(SHA256.hexadecimal(of:)) == file.sha256
    if !isThere {
      let found = try found(file)
      try AtomicFile.write(found, to: path)
      bytes = found
    }
    if file.unpacks { try unpack(bytes ?? [], path) }
    return !isThere
  }

  private static func bytes(at path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { [UInt8]($0) }
  }

  /// The contents of a file that fit its digest.
  private func found(_ file: NamedDataSet.File) throws -> [UInt8] {
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

  /// Writes the files of an archive beside it, but for what macOS adds to archives.
  private func unpack(_ bytes: [UInt8], _ path: String) throws {
    let archive = try ZipArchive(bytes, path: path)
    for entry in archive.entries where !entry.name.hasPrefix("__MACOSX/") {
      let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.allSatisfy({ !["", ".", ".."].contains($0) }) else {
        throw DataSetError.malformedArchive(path: path, reason: "“\(entry.name)” would stand outside of its folder")
      }
      let target = "\(folder)/\(entry.name)"
      let contents = try archive.contents(of: entry)
      // What was unpacked before is left as it is.
      guard Self.bytes(at: target) != contents else { continue }
      do {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(parts.dropLast().joined(separator: "/"))", withIntermediateDirectories: true)
      } catch {
        throw FileError.cannotWrite(path: target, reason: "its folder cannot be made; name another with --to")
      }
      try AtomicFile.write(contents, to: target)
    }
  }
}
