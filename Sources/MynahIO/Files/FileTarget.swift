import Foundation

/// The target of a write: its folder, its name, and its temporary files.
struct FileTarget {
  /// The path of the file with symbolic links resolved, so that replacing the file keeps the link.
  let path: String
  /// The permissions of an existing file, which are applied to the new one.
  let existingPermissions: mode_t?
  private let folder: String
  private let name: String

  /// Inspects a path.
  ///
  /// - Throws: `FileError.cannotWrite` if something other than a regular file exists there.
  init(path givenPath: String) throws(FileError) {
    guard !givenPath.isEmpty else { throw .cannotWrite(path: givenPath, reason: "the path is empty; name a file") }
    var status = stat()
    if unsafe stat(givenPath, &status) == 0 {
      let kind = FileKind(mode: status.st_mode)
      guard kind == .regular else { throw .cannotWrite(path: givenPath, reason: "it is \(kind.name); name a file") }
      existingPermissions = status.st_mode & 0o777
      path = Self.resolved(givenPath)
    } else {
      existingPermissions = nil
      path = givenPath
    }
    guard path.utf8.last != UInt8(ascii: "/") else {
      throw .cannotWrite(path: givenPath, reason: "it names a folder; add the file's name")
    }
    let scalars = path.unicodeScalars
    let begin = scalars.lastIndex(of: "/").map(scalars.index(after:)) ?? scalars.startIndex
    name = String(scalars[begin...])
    folder = begin == scalars.startIndex ? "." : String(scalars[..<begin])
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  // MARK: Temporary files

  private static let suffix = ".temporary"
  private var prefix: String { ".\(name)." }

  /// Returns a path that no other writer uses; it contains the process identifier.
  func newTemporaryPath() -> String {
    let random = String(UInt32.random(in: .min ... .max), radix: 16)
    return inFolder("\(prefix)\(getpid())-\(random)\(Self.suffix)")
  }

  /// Removes the temporary files of this target that no process has open.
  func removeStaleTemporaries() {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    for name in names where isTemporary(name) {
      let path = inFolder(name)
      let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = unsafe unlink(path) }
    }
  }

  private func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix(prefix), name.hasSuffix(Self.suffix) else { return false }
    let parts = name.dropFirst(prefix.count).dropLast(Self.suffix.count).split(
      separator: "-", omittingEmptySubsequences: false)
    return parts.count == 2 && Int32(parts[0]) != nil && UInt32(parts[1], radix: 16) != nil
  }

  private func inFolder(_ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// Makes the rename survive a power failure, if the file system supports it.
  ///
  /// Errors are ignored, because the file is already complete and in place.
  func flushFolder() {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    _ = close(descriptor)
  }

  // MARK: Reasons

  /// Returns the reason why a file could not be created, and the remedy.
  func reason(of failure: SystemFailure) -> String {
    switch failure.code {
    case ENOENT where FileKind(at: folder) == nil:
      "there is no folder \(folder.quoted()); create it or name another"
    case ENOTDIR: "\(folder.quoted()) is not a folder; name another"
    case EACCES, EPERM, EROFS:
      "\(failure.reason) in the folder \(folder.quoted()); change its permissions or name another"
    default: failure.reason
    }
  }
}
