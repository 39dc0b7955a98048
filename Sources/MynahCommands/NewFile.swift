import MynahIO

/// A file that a command will write: checked before the work, written after it.
enum NewFile {
  /// Checks that the file can be written without replacing another one.
  ///
  /// - Parameters:
  ///   - overwriting: A Boolean value indicating whether an existing file may be replaced.
  ///   - kind: The kind of file that may be replaced, in words.
  ///   - isKind: Recognises a file of that kind; other files, such as the training text, are never replaced.
  ///   - canResume: A Boolean value indicating whether the advice includes resuming a run.
  ///   - makesFolder: A Boolean value indicating whether the folder is created with the file.
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

  /// Writes a text atomically.
  static func write(_ text: String, to path: String) throws { try AtomicFile.write(Array(text.utf8), to: path) }
}
