import Foundation
import MynahIO
import MynahModels

/// An error of downloading a file.
package enum DownloadError: CommandFailure, Hashable {
  /// The program `curl` is missing; `path` is the partial file.
  case noCurl(address: String, path: String)
  /// curl cannot fetch the file, for example because there is no connection.
  case failed(address: String, reason: String)
  /// The server responded with a status that does not deliver the file.
  case refused(address: String, status: Int)
  /// The server redirected to an address that is not followed.
  case misdirected(address: String, reason: String)
  /// The connection was lost, or was silent for too long, and no retries are left.
  case brokenOff(address: String, byteCount: Int, reason: String)
  /// The size of the file does not match; `found` is nil if the file is larger than expected.
  case otherSize(address: String, expected: Int, found: Int?)
  /// The SHA-256 of the file does not match.
  case otherContents(address: String, expectedHash: String, foundHash: String)
  /// The part cannot be written.
  case cannotStore(path: String, reason: String)
  /// The user interrupted.
  case interrupted

  package var failureCode: FailureCode {
    switch self {
    case .noCurl, .failed, .misdirected, .brokenOff: .unavailable
    case .refused(_, let status): [404, 410].contains(status) ? .noSuchInput : .unavailable
    case .otherSize, .otherContents: .badData
    case .cannotStore: .inputOutput
    case .interrupted: .interrupted
    }
  }

  package var sentence: String {
    switch self {
    case .noCurl(let address, let path):
      "cannot download \(address): the program 'curl' was not found in PATH; install curl, or put "
        + "\(Self.name(ofPart: path).quoted()) from that address into the folder \(Self.folder(ofPart: path).quoted())"
    case .failed(let address, let reason):
      "cannot download \(address) (curl: \(reason)); try again later, or \(Self.byHand)"
    case .refused(let address, let status) where failureCode == .noSuchInput:
      "no file at \(address): the server responded with status \(status); \(Self.byHand)"
    case .refused(let address, let status):
      "cannot download \(address): expected status 200, found \(status); try again later, or \(Self.byHand)"
    case .misdirected(let address, let reason):
      "the redirect from \(address) was not followed: \(reason); \(Self.byHand)"
    case .brokenOff(let address, let byteCount, let reason):
      "the download of \(address) stopped after \(byteCount.grouped) bytes (\(reason)); run the command again to resume"
    case .otherSize(let address, let expected, let found):
      "\(address) is not the expected file: expected \(expected.grouped) bytes, found \(found?.grouped ?? "more"); "
        + Self.byHand
    case .otherContents(let address, let expected, let found):
      "\(address) is not the expected file: expected sha256 \(expected), found \(found); the download was deleted, so "
        + "run the command again, or \(Self.byHand)"
    case .cannotStore(let path, let reason):
      "writing \(path.quoted()) failed: \(reason); free disk space and run the command again to resume"
    case .interrupted:
      "interrupted; run the command again to resume"
    }
  }

  private static func name(ofPart path: String) -> String {
    URL(filePath: path).deletingPathExtension().lastPathComponent
  }

  private static func folder(ofPart path: String) -> String {
    URL(filePath: path).deletingLastPathComponent().relativePath
  }

  private static let byHand = "download the file from another source and pass its folder with --from"
}
