import Foundation
import MynahTensors

/// A regular file that is open for reading; it closes itself.
///
/// It is read, not mapped into memory: a mapped file that becomes shorter kills the process, and reading 21 MB that the system
/// has at hand takes 5 ms, straight into the tensors' own aligned memory.
struct InputFile: ~Copyable {
  let path: String
  let byteCount: Int
  private let descriptor: Int32

  /// Opens a file.
  ///
  /// - Throws: `CheckpointError` if it is missing, no regular file, or may not be read.
  init(path: String) throws(CheckpointError) {
    // Opening a pipe would otherwise wait for its other end.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let failure = SystemFailure()
      switch failure.code {
      case ENOENT, ENOTDIR: throw .notFound(path: path)
      default: throw .cannotOpen(path: path, reason: failure.reason)
      }
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let failure = SystemFailure()
      close(descriptor)
      throw .cannotOpen(path: path, reason: failure.reason)
    }
    if let kind = irregularKind(of: status.st_mode) {
      close(descriptor)
      throw .notAFile(path: path, found: kind)
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills a buffer with the bytes from an offset on.
  ///
  /// - Throws: `CheckpointError` if the file has become shorter or the system cannot read it.
  func read(into buffer: UnsafeMutableRawBufferPointer, at byteOffset: Int) throws(CheckpointError) {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = unsafe pread(
        descriptor, rest.baseAddress, min(rest.count, greatestTransfer), off_t(byteOffset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        throw .truncated(path: path, expectedByteCount: byteCount, foundByteCount: byteOffset + done)
      } else {
        let failure = SystemFailure()
        if failure.code == EINTR { continue }
        throw .readFailed(path: path, byteOffset: byteOffset + done, reason: failure.reason)
      }
    }
  }

  /// The bytes of a range.
  func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var failure: CheckpointError?
    unsafe bytes.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) {
        try unsafe read(into: buffer, at: range.lowerBound)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
