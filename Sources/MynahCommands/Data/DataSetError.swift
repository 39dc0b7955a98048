import MynahIO

/// Why a data set cannot be had.
package enum DataSetError: CommandFailure, Hashable {
  /// A file is not the one whose digest is known.
  case otherContents(source: String, expectedHash: String, foundHash: String)
  /// A folder that should hold the data lacks a file.
  case missingFile(path: String, address: String)

  package var failureCode: FailureCode {
    switch self {
    case .otherContents: .badData
    case .missingFile: .noSuchInput
    }
  }

  package var sentence: String {
    switch self {
    case .otherContents(let source, let expected, let found):
      "\(source.quoted()) is not the file that was expected: its sha256 should be \(expected) and is \(found); "
        + "get it again, or from another place"
    case .missingFile(let path, let address):
      "there is no file \(path.quoted()); name the folder that holds it with --from, or get it from \(address)"
    }
  }
}
