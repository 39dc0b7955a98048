import MynahIO

/// An error of getting a data set.
package enum DataSetError: CommandFailure, Hashable {
  /// The SHA-256 of a file does not match.
  case otherContents(source: String, expectedHash: String, foundHash: String)
  /// A file is missing in the folder of the data.
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
      "\(source.quoted()) is not the expected file: expected sha256 \(expected), found \(found); "
        + "download it again, or from another source"
    case .missingFile(let path, let address):
      "there is no file \(path.quoted()); name the folder that contains it with --from, or download it from \(address)"
    }
  }
}
