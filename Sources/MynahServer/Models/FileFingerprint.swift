#if Server
import Foundation

/// The attributes of a file (inode, size and modification time) that change if it is replaced.
struct FileFingerprint: Hashable, Sendable {
  private let numbers: [Int]

  /// Creates the fingerprint of the file at a path; nil if there is no file.
  init?(at path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    #if canImport(Darwin)
    let time = status.st_mtimespec
    #else
    let time = status.st_mtim
    #endif
    numbers = [Int(status.st_ino), Int(status.st_size), time.tv_sec, time.tv_nsec]
  }
}
#endif
