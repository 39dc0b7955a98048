/// An error in reading or writing a file.
public enum FileError: Error, Hashable, Sendable {
  // Opening and reading.
  case noSuchFile(path: String)
  case isDirectory(path: String)
  case notADirectory(path: String)
  /// The path is a pipe, a socket or a device; `kind` is its description.
  case irregular(path: String, kind: String)
  case notPermitted(path: String)
  case unreadable(path: String, reason: String)

  // Contents.
  /// The text is not valid UTF-8; `offset` counts bytes from 0, `line` lines from 1.
  case notUTF8(path: String, offset: Int, line: Int, byte: UInt8)
  case utf16(path: String)
  /// The text contains a NUL, as UTF-16 without a byte order mark does; `isLittleEndian` is nil if it is not UTF-16.
  case nul(path: String, offset: Int, line: Int, isLittleEndian: Bool?)
  /// The file is of a format that is not text.
  case notText(path: String, found: String, advice: String)
  /// The text contains only white space.
  case emptyText(path: String)
  case malformedArchive(path: String, reason: String)

  // Writing.
  /// The file cannot be created.
  case cannotWrite(path: String, reason: String)
  /// A write failed after the file was created.
  case writeFailed(path: String, reason: String)

  /// The category of the error.
  package var kind: FailureKind {
    switch self {
    case .noSuchFile, .isDirectory, .notADirectory, .irregular, .notPermitted: .noSuchInput
    case .notUTF8, .utf16, .nul, .notText, .emptyText, .malformedArchive: .badData
    case .cannotWrite: .cannotCreate
    case .unreadable, .writeFailed: .inputOutput
    }
  }
}

/// The categories of errors that a program distinguishes by its exit code or status.
package enum FailureKind: Sendable {
  case noSuchInput, badData, cannotCreate, inputOutput
}

extension FileError: CustomStringConvertible {
  /// A message with the file, the reason and the remedy.
  public var description: String {
    switch self {
    case .noSuchFile(let path):
      "there is no file or folder \(path.quoted()); check the path"
    case .isDirectory(let path):
      "expected a file, found the folder \(path.quoted()); name a file in it"
    case .notADirectory(let path):
      "expected a folder, found the file \(path.quoted()); name the folder that contains it"
    case .irregular(let path, let kind):
      "expected a regular file, found \(kind) at \(path.quoted()); name the file itself"
    case .notPermitted(let path):
      "cannot read \(path.quoted()): permission denied; change its permissions or name a copy of it"
    case .unreadable(let path, let reason):
      "cannot read \(path.quoted()): \(reason)"
    case .notUTF8(let path, let offset, let line, let byte):
      "expected UTF-8 text in \(path.quoted()), found the byte 0x\(hexadecimal(byte)) at offset \(offset) "
        + "(line \(line)); convert the file, for example with iconv -f windows-1252 -t utf-8"
    case .utf16(let path):
      "expected UTF-8 text in \(path.quoted()), found a UTF-16 byte order mark; "
        + "convert the file, for example with iconv -f utf-16 -t utf-8"
    case .nul(let path, let offset, let line, let isLittleEndian):
      "expected UTF-8 text in \(path.quoted()), found a NUL at offset \(offset) (line \(line)); "
        + adviceOnNULs(isLittleEndian: isLittleEndian)
    case .notText(let path, let found, let advice):
      "expected text in \(path.quoted()), found \(found); \(advice)"
    case .emptyText(let path):
      "expected text in \(path.quoted()), found only white space"
    case .malformedArchive(let path, let reason):
      "cannot read the archive \(path.quoted()): \(reason); copy or download it again"
    case .cannotWrite(let path, let reason):
      "cannot write \(path.quoted()): \(reason)"
    case .writeFailed(let path, let reason):
      "writing \(path.quoted()) failed: \(reason); free some space or choose another location"
    }
  }
}

private func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
}

private func adviceOnNULs(isLittleEndian: Bool?) -> String {
  guard let isLittleEndian else {
    return "remove NULs, for example with tr -d '\\000', or use a byte-level model if the data are not text"
  }
  return "this is UTF-16 without a byte order mark: convert it, for example with "
    + "iconv -f utf-16\(isLittleEndian ? "le" : "be") -t utf-8"
}
