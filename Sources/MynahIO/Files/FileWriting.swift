import Foundation

/// A function that writes some of the bytes and returns their number, or −1 with `errno` set, like the system's
/// `write`.
package typealias WriteFunction = @Sendable (_ descriptor: Int32, RawSpan) -> Int

/// The system's `write`.
package func posixWrite(_ descriptor: Int32, _ bytes: RawSpan) -> Int {
  unsafe bytes.withUnsafeBytes { bytes in
    unsafe Foundation.write(descriptor, bytes.baseAddress, min(bytes.count, maximumTransfer))
  }
}

/// Writes all bytes, in several calls if necessary.
///
/// - Parameter path: The path for error messages.
/// - Throws: `FileError.writeFailed`, for example if the disk is full.
func writeAll(
  _ bytes: RawSpan, to descriptor: Int32, of path: String, with write: WriteFunction
) throws(FileError) {
  var done = 0
  while done < bytes.byteCount {
    let count = write(descriptor, bytes.extracting(done...))
    if count >= 0 {
      done += count
    } else {
      let failure = SystemFailure()
      guard failure.code == EINTR else { throw .writeFailed(path: path, reason: failure.reason) }
    }
  }
}

/// Creates a folder and its missing parents, unless it exists.
package func createFolder(_ path: String) throws(FileError) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw .cannotWrite(path: path, reason: "the folder cannot be created; name another")
  }
}

/// Flushes a file to the disk, so that its contents survive a power failure.
func flush(_ descriptor: Int32) -> Int32 {
  #if canImport(Darwin)
  // On this platform, fsync alone leaves the bytes in the drive's cache.
  if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
  #endif
  return fsync(descriptor)
}
