/// What can go wrong where a file is written.
public enum FileError: Error, Hashable, Sendable {
  /// A file cannot be created there.
  case cannotWrite(path: String, reason: String)
  /// Writing broke off.
  case writeFailed(path: String, reason: String)
}

extension FileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotWrite(let path, let reason):
      "cannot write '\(path)': \(reason)"
    case .writeFailed(let path, let reason):
      "writing '\(path)' broke off: \(reason); what stood there before is unchanged"
    }
  }
}
