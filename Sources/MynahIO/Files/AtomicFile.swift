import Foundation

/// A file that is written completely or not at all.
///
/// The bytes are written to a temporary file in the same folder; `commit` flushes it to the disk and renames it over
/// the target. After a crash or a power failure, the target is either the old file or the new one, never a mixture or a
/// part. Without `commit`, the temporary file is removed. A temporary file left behind by a killed process is removed
/// when its target is written again.
///
/// ```swift
/// var file = try AtomicFile(replacing: "notes.bin")
/// try file.write(unsafe bytes.span.bytes)
/// try file.commit()
/// ```
public struct AtomicFile: ~Copyable {
  private let path: String
  private let target: FileTarget
  private let temporaryPath: String
  private var descriptor: Int32
  private let systemWrite: WriteFunction
  private var isTemporaryPresent = true

  /// Creates the temporary file.
  ///
  /// - Throws: `FileError.cannotWrite` if the folder does not exist or is not writable, or if the target is not a
  ///   regular file.
  public init(replacing path: String) throws(FileError) {
    try self.init(replacing: path, writingWith: posixWrite)
  }

  /// Creates the temporary file, with a test double for the system's `write`.
  package init(replacing path: String, writingWith systemWrite: @escaping WriteFunction) throws(FileError) {
    let target = try FileTarget(path: path)
    target.removeStaleTemporaries()
    let temporaryPath = target.newTemporaryPath()
    let descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: target.reason(of: SystemFailure())) }
    // The lock distinguishes a temporary file in use from a stale one; the system releases it when the process ends.
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
    if let permissions = target.existingPermissions { _ = fchmod(descriptor, permissions) }
    self.path = path
    self.target = target
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
    self.systemWrite = systemWrite
  }

  deinit {
    if isTemporaryPresent { _ = unsafe unlink(temporaryPath) }
    if descriptor >= 0 { _ = close(descriptor) }
  }

  /// Checks that a file can be written, so that a long run does not fail when it saves its result.
  ///
  /// - Throws: `FileError.cannotWrite`.
  public static func check(_ path: String) throws(FileError) {
    _ = try AtomicFile(replacing: path)
  }

  /// Creates or replaces a file.
  ///
  /// - Throws: `FileError.cannotWrite` or `.writeFailed`; an existing file is then unchanged.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    var file = try AtomicFile(replacing: path)
    try unsafe file.write(bytes.span.bytes)
    try file.commit()
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileError.writeFailed`, for example if the disk is full.
  public mutating func write(_ bytes: RawSpan) throws(FileError) {
    try writeAll(bytes, to: descriptor, of: path, with: systemWrite)
  }

  /// Overwrites the first bytes, for example with a header that is known only at the end.
  ///
  /// - Throws: `FileError.writeFailed`.
  package mutating func overwriteStart(_ bytes: RawSpan) throws(FileError) {
    try seek(to: 0, from: SEEK_SET)
    try write(bytes)
    try seek(to: 0, from: SEEK_END)
  }

  private func seek(to offset: off_t, from origin: Int32) throws(FileError) {
    guard lseek(descriptor, offset, origin) >= 0 else {
      throw .writeFailed(path: path, reason: SystemFailure().reason)
    }
  }

  /// Flushes the bytes to the disk and replaces the target.
  ///
  /// - Throws: `FileError`; an existing file is then unchanged.
  public consuming func commit() throws(FileError) {
    guard flush(descriptor) == 0 else { throw .writeFailed(path: path, reason: SystemFailure().reason) }
    // Renamed while it is open and locked, so that no other process treats it as stale.
    guard unsafe rename(temporaryPath, target.path) == 0 else {
      throw .cannotWrite(path: path, reason: target.reason(of: SystemFailure()))
    }
    isTemporaryPresent = false
    target.flushFolder()
  }
}
