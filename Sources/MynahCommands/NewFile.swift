import MynahIO

/// A file that a command will write: checked before the work, written after it.
enum NewFile {
  /// Checks that the file can be written and that nothing is lost by it.
  ///
  /// - Parameters:
  ///   - overwriting: An existing file may be replaced.
  ///   - kind: The kind of file that may be replaced, in words.
  ///   - isKind: Recognises a file of that kind; no flag replaces another one, such as the text to train on.
  ///   - canResume: The advice includes resuming a run.
  ///   - makesFolder: The folder of the file is created with it.
  /// - Throws: `FileError.cannotWrite`, `CommandError.exists` or `.otherKind`.
  static func check(
    _ path: String, overwriting: Bool, of kind: String = "a file", where isKind: (String) -> Bool = { _ in true },
    canResume: Bool = false, makingFolder makesFolder: Bool = false
  ) throws {
    if !makesFolder { try AtomicFile.check(path) }
    guard FileKind(at: path) != nil else { return }
    guard isKind(path) else { throw CommandError.otherKind(path: path, expected: kind) }
    guard overwriting else { throw CommandError.exists(path: path, canResume: canResume) }
  }

  /// Writes a text, whole or not at all.
  static func write(_ text: String, to path: String) throws { try AtomicFile.write(Array(text.utf8), to: path) }
}
