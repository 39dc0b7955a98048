import Foundation

/// A regular file that is open for random access reads; it is closed on deinitialisation.
///
/// The file is read rather than memory-mapped: truncating a mapped file kills the process, and touched pages count
/// towards the process's memory. Reading 21 MB from the system's cache takes 5 ms.
package final class InputFile: Sendable {
  package let path: String
  package let byteCount: Int
  private let descriptor: Int32

  /// Opens a file.
  ///
  /// - Throws: `FileError` if it does not exist, is not a regular file, or cannot be read.
  package init(path: String) throws(FileError) {
    // A named pipe must not be opened even briefly: its writer would no longer wait, and fail when it is closed again.
    if FileKind(at: path) == .pipe { throw .irregular(path: path, kind: FileKind.pipe.name) }
    // Without O_NONBLOCK, opening a pipe that has since replaced the file would block until its other end is opened.
    (descriptor, self.path) = (try openForReading(path, O_NONBLOCK), path)
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let failure = SystemFailure()
      close(descriptor)
      throw .unreadable(path: path, reason: failure.reason)
    }
    byteCount = Int(status.st_size)
    let kind = FileKind(mode: status.st_mode)
    guard kind == .regular else {
      close(descriptor)
      throw .irregular(path: path, kind: kind.name)
    }
  }

  deinit { close(descriptor) }

  /// Fills a buffer with the bytes starting at an offset.
  ///
  /// - Throws: `FileError.unreadable` if the file was truncated or the system cannot read it.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at byteOffset: Int) throws(FileError) {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = unsafe pread(
        descriptor, rest.baseAddress, min(rest.count, maximumTransfer), off_t(byteOffset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        throw .unreadable(path: path, reason: "it became shorter while it was being read")
      } else {
        let failure = SystemFailure()
        if failure.code == EINTR { continue }
        throw .unreadable(path: path, reason: "\(failure.reason) at byte \(byteOffset + done)")
      }
    }
  }

  /// Returns the bytes in a range.
  ///
  /// - Throws: `FileError.unreadable` if the file was truncated or the system cannot read it.
  package func bytes(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var failure: FileError?
    unsafe bytes.withUnsafeMutableBytes { buffer in
      do throws(FileError) {
        try unsafe read(into: buffer, at: range.lowerBound)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// Opens a file, or standard input for the path `-`, and returns its descriptor; folders are rejected.
func openForReading(_ path: String, _ flags: Int32 = 0) throws(FileError) -> Int32 {
  if path == "-" { StandardInput.willBeRead() }
  let descriptor = unsafe path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | flags)
  guard descriptor >= 0 else {
    let failure = SystemFailure()
    switch failure.code {
    case ENOENT, ENOTDIR: throw .noSuchFile(path: path)
    case EACCES, EPERM: throw .notPermitted(path: path)
    default: throw .unreadable(path: path, reason: failure.reason)
    }
  }
  var status = stat()
  if unsafe fstat(descriptor, &status) == 0, FileKind(mode: status.st_mode) == .directory {
    close(descriptor)
    throw .isDirectory(path: path)
  }
  return descriptor
}
