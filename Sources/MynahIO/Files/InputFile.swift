import Foundation

/// A regular file that is open for reading anywhere in it; it closes itself.
///
/// It is read, not mapped into memory: a mapped file that becomes shorter kills the process, and mapped pages that were touched
/// count as the process's memory. Reading 21 MB that the system has at hand takes 5 ms.
package final class InputFile: Sendable {
  package let path: String
  package let byteCount: Int
  private let descriptor: Int32

  /// What can go wrong where a file is read; each module says it in an error of its own.
  package enum Failure: Error, Hashable {
    case missing
    case notPermitted(reason: String)
    /// Something else than a regular file, in words.
    case irregular(String)
    case unreadable(reason: String)
    /// The file has become shorter.
    case truncated(byteCount: Int)
    case readFailed(byteOffset: Int, reason: String)
  }

  /// Opens a file.
  ///
  /// - Throws: `Failure` if it is missing, no regular file, or may not be read.
  package init(path: String) throws(Failure) {
    // Opening a pipe would otherwise wait for its other end.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let failure = SystemFailure()
      switch failure.code {
      case ENOENT, ENOTDIR: throw .missing
      case EACCES, EPERM: throw .notPermitted(reason: failure.reason)
      default: throw .unreadable(reason: failure.reason)
      }
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let failure = SystemFailure()
      close(descriptor)
      throw .unreadable(reason: failure.reason)
    }
    if let kind = irregularKind(of: status.st_mode) {
      close(descriptor)
      throw .irregular(kind)
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills a buffer with the bytes from an offset on.
  ///
  /// - Throws: `Failure` if the file has become shorter or the system cannot read it.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at byteOffset: Int) throws(Failure) {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = unsafe pread(
        descriptor, rest.baseAddress, min(rest.count, greatestTransfer), off_t(byteOffset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        throw .truncated(byteCount: byteOffset + done)
      } else {
        let failure = SystemFailure()
        if failure.code == EINTR { continue }
        throw .readFailed(byteOffset: byteOffset + done, reason: failure.reason)
      }
    }
  }

  /// The bytes of a range.
  ///
  /// - Throws: `Failure` if the file has become shorter or the system cannot read it.
  package func bytes(_ range: Range<Int>) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var failure: Failure?
    unsafe bytes.withUnsafeMutableBytes { buffer in
      do throws(Failure) {
        try unsafe read(into: buffer, at: range.lowerBound)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
