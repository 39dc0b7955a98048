import Foundation
import MynahIO

/// A file that a command is asked to write: checked before the work, written after it.
enum NewFile {
  /// Checks that the file can be written and that nothing is lost by it.
  ///
  /// - Throws: `FileError.cannotWrite`, or `CommandError.inspectionExists`.
  static func check(_ path: String, overwriting: Bool) throws {
    try AtomicFile.check(path)
    guard overwriting || !FileManager.default.fileExists(atPath: path) else {
      throw CommandError.inspectionExists(path: path)
    }
  }

  /// Writes a text, whole or not at all.
  static func write(_ text: String, to path: String) throws { try AtomicFile.write(Array(text.utf8), to: path) }
}
