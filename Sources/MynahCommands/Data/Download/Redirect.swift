import Foundation
import NIOHTTP1

/// Where a server sends us instead of answering.
package enum Redirect {
  /// How often it is followed.
  static let limit = 5

  static let statuses: [HTTPResponseStatus] = [
    .movedPermanently, .found, .seeOther, .temporaryRedirect, .permanentRedirect,
  ]

  /// The next address.
  ///
  /// - Parameter location: As the server names it: absolute, or relative to the address.
  /// - Throws: `DownloadError.misdirected` if it is none, another protocol, or gives encryption up.
  package static func next(from address: String, to location: String?) throws(DownloadError) -> String {
    guard let location, let url = URL(string: location, relativeTo: URL(string: address))?.absoluteURL,
      let host = url.host(), !host.isEmpty
    else { throw .misdirected(address: address, reason: "the server names no other address") }
    let scheme = url.scheme?.lowercased()
    guard scheme == "https" || scheme == "http" && !address.lowercased().hasPrefix("https:") else {
      throw .misdirected(address: address, reason: "expected an address with https, found \(url.absoluteString)")
    }
    return url.absoluteString
  }
}
