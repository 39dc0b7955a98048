import Foundation

/// A file that is written over several runs: its bytes are stored in `NAME.part` until it is complete.
///
/// Unlike the temporary file of an `AtomicFile`, the part is kept when a run is interrupted, and the next run resumes
/// it. Only one run at a time can open it.
package final class PartFile {
  /// The path of the part.
  package let path: String
  /// The number of bytes in the part.
  package private(set) var byteCount: Int
  private let target: FileTarget
  private let descriptor: Int32
  private let write: WriteFunction

  /// Opens the part of a file, or creates it.
  ///
  /// - Parameters:
  ///   - place: The path of the complete file.
  ///   - write: The system's `write`, or a test double that fails.
  /// - Throws: `FileError.cannotWrite`, also if another run has it open.
  package init(of place: String, writingWith write: @escaping WriteFunction = posixWrite) throws(FileError) {
    target = try FileTarget(path: place)
    path = target.path + ".part"
    self.write = write
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: target.reason(of: SystemFailure())) }
    var (opened, named) = (stat(), stat())
    // Another run may have completed the file in the meantime; then its path no longer names this part.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, unsafe fstat(descriptor, &opened) == 0,
      unsafe lstat(path, &named) == 0, opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
    else {
      close(descriptor)
      throw .cannotWrite(path: path, reason: "another run is writing it; wait until that run ends")
    }
    let kind = FileKind(mode: opened.st_mode)
    guard kind == .regular else {
      close(descriptor)
      throw .cannotWrite(path: path, reason: "it is \(kind.name); remove it")
    }
    byteCount = Int(opened.st_size)
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  ///
  /// - Throws: `FileError.writeFailed`, for example if the disk is full; earlier bytes are kept.
  package func append(_ bytes: RawSpan) throws(FileError) {
    try writeAll(bytes, to: descriptor, of: path, with: write)
    byteCount += bytes.byteCount
  }

  /// Discards all bytes.
  ///
  /// - Throws: `FileError.writeFailed`.
  package func restart() throws(FileError) {
    guard ftruncate(descriptor, 0) == 0 else { throw .writeFailed(path: path, reason: SystemFailure().reason) }
    byteCount = 0
  }

  /// Flushes the bytes to the disk and renames the part to the path of the complete file.
  ///
  /// - Throws: `FileError`; an existing file is then unchanged.
  package func commit() throws(FileError) {
    if let permissions = target.existingPermissions { _ = fchmod(descriptor, permissions) }
    guard flush(descriptor) == 0 else { throw .writeFailed(path: path, reason: SystemFailure().reason) }
    guard unsafe rename(path, target.path) == 0 else {
      throw .cannotWrite(path: target.path, reason: target.reason(of: SystemFailure()))
    }
    target.flushFolder()
  }

  /// Removes the part.
  package func remove() { _ = unsafe unlink(path) }
}
