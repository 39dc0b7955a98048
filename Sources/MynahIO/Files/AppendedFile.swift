import Foundation

/// A file that is only appended to, such as a log; it is closed on deinitialisation.
package final class AppendedFile: Sendable {
  package let path: String
  private let descriptor: Int32

  /// Opens a file for appending, or creates it.
  ///
  /// - Throws: `FileError.cannotWrite`.
  package init(path: String) throws(FileError) {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor < 0 else { return }
    let failure = SystemFailure()
    throw .cannotWrite(path: path, reason: try FileTarget(path: path).reason(of: failure))
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  ///
  /// - Throws: `FileError.writeFailed`, for example if the disk is full.
  package func append(_ bytes: some Sequence<UInt8>) throws(FileError) {
    try unsafe writeAll(Array(bytes).span.bytes, to: descriptor, of: path, with: posixWrite)
  }
}
