import MynahIO

extension TextError {
  /// What went wrong where a file was read.
  init(_ failure: InputFile.Failure, path: String) {
    self =
      switch failure {
      case .missing: .noSuchFile(path: path)
      case .notPermitted: .notPermitted(path: path)
      case .irregular("a directory"): .isDirectory(path: path)
      case .irregular(let kind): .unreadable(path: path, reason: "it is \(kind); name a regular file")
      case .unreadable(let reason), .readFailed(_, let reason): .unreadable(path: path, reason: reason)
      case .truncated: .unreadable(path: path, reason: "it became shorter while it was read")
      }
  }
}

extension InputFile {
  /// Opens the file of a text.
  ///
  /// - Throws: When it is missing, no regular file, or cannot be read.
  static func ofText(at path: String) throws(TextError) -> InputFile {
    do {
      return try InputFile(path: path)
    } catch {
      throw TextError(error, path: path)
    }
  }

  /// The bytes of a range.
  ///
  /// - Throws: `TextError.unreadable`.
  func textBytes(_ range: Range<Int>) throws(TextError) -> [UInt8] {
    do {
      return try bytes(range)
    } catch {
      throw TextError(error, path: path)
    }
  }
}
