import Foundation

/// A file that grows over several runs: its bytes stand in `NAME.part` beside its place until it is whole.
///
/// Unlike the temporary of an `AtomicFile`, the part stays when a run breaks off, for the next one to go on from. One run
/// at a time may hold it.
package final class PartFile {
  /// Where the bytes are.
  package let path: String
  /// How many there are.
  package private(set) var byteCount: Int
  private let target: FileTarget
  private let descriptor: Int32
  private let write: WriteFunction

  /// Opens the part of a file, or creates it.
  ///
  /// - Parameters:
  ///   - place: Where the file will stand when it is whole.
  ///   - write: The system's `write`, or a double of it to try failures with.
  /// - Throws: `FileError.cannotWrite`, also if another run holds the part.
  package init(of place: String, writingWith write: @escaping WriteFunction = posixWrite) throws(FileError) {
    target = try FileTarget(path: place)
    path = target.path + ".part"
    self.write = write
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: target.reason(of: SystemFailure())) }
    var (opened, named) = (stat(), stat())
    // Whoever had the part before may have put it in its place meanwhile: then it is a part no more.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, unsafe fstat(descriptor, &opened) == 0,
      unsafe lstat(path, &named) == 0, opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
    else {
      close(descriptor)
      throw .cannotWrite(path: path, reason: "another run is writing it; wait for that one's end")
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
  /// - Throws: `FileError.writeFailed`, such as on a full disk; what was appended before stays.
  package func append(_ bytes: RawSpan) throws(FileError) {
    try writeAll(bytes, to: descriptor, of: path, with: write)
    byteCount += bytes.byteCount
  }

  /// Drops all bytes.
  ///
  /// - Throws: `FileError.writeFailed`.
  package func restart() throws(FileError) {
    guard ftruncate(descriptor, 0) == 0 else { throw .writeFailed(path: path, reason: SystemFailure().reason) }
    byteCount = 0
  }

  /// Flushes the bytes to the disk and lets the part take its place.
  ///
  /// - Throws: `FileError`; what stood there before is then unchanged.
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
