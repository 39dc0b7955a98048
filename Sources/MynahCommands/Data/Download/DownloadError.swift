import MynahIO
import MynahModels

/// Why a file cannot be fetched from its address.
package enum DownloadError: CommandFailure, Hashable {
  /// No connection can be made.
  case unreachable(address: String, reason: String)
  /// The server answered with a status other than those that bring the file.
  case refused(address: String, status: Int, reason: String)
  /// The server named another address that is not followed.
  case misdirected(address: String, reason: String)
  /// The connection ended, or was silent for too long, more often than is borne.
  case brokenOff(address: String, byteCount: Int, reason: String)
  /// There are more or fewer bytes than there should be; nil: more, and nobody waited for the end.
  case otherSize(address: String, expected: Int, found: Int?)
  /// The bytes that were fetched do not have the known digest.
  case otherContents(address: String, expectedHash: String, foundHash: String)
  /// The part cannot be written further.
  case cannotStore(path: String, reason: String)
  /// The user interrupted.
  case interrupted(path: String)

  package var failureCode: FailureCode {
    switch self {
    case .unreachable, .misdirected, .brokenOff: .unavailable
    case .refused(_, let status, _): [404, 410].contains(status) ? .noSuchInput : .unavailable
    case .otherSize, .otherContents: .badData
    case .cannotStore: .inputOutput
    case .interrupted: .interrupted
    }
  }

  package var sentence: String {
    switch self {
    case .unreachable(let address, let reason):
      "no connection for \(address): \(reason); try again later, or \(Self.byHand)"
    case .refused(let address, let status, let reason) where failureCode == .noSuchInput:
      "there is nothing at \(address), the server says \(status) \(reason); \(Self.byHand)"
    case .refused(let address, let status, let reason):
      "expected the server to send \(address), found its answer \(status) \(reason); try again later, or \(Self.byHand)"
    case .misdirected(let address, let reason):
      "\(address) leads elsewhere, and is not followed: \(reason); \(Self.byHand)"
    case .brokenOff(let address, let byteCount, let reason):
      "fetching \(address) broke off after \(byteCount.grouped) bytes: \(reason); run the command again to go on from there"
    case .otherSize(let address, let expected, let found):
      "\(address) is not the file that was expected: it should have \(expected.grouped) bytes and has "
        + "\(found?.grouped ?? "more"); \(Self.byHand)"
    case .otherContents(let address, let expected, let found):
      "\(address) is not the file that was expected: its sha256 should be \(expected) and is \(found); what was fetched is "
        + "removed, so run the command again to start anew, or \(Self.byHand)"
    case .cannotStore(let path, let reason):
      "writing \(path.quoted()) broke off: \(reason); make room and run the command again, which goes on from there"
    case .interrupted(let path):
      "interrupted; what was fetched is in \(path.quoted()), and the next run goes on from there"
    }
  }

  private static let byHand = "get the file from another place and name its folder with --from"
}
