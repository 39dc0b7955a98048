#if Server
import MynahIO

/// The bearer tokens that a server accepts.
struct Authorization: Sendable {
  /// The digests of the tokens; if empty, no token is required.
  private let digests: [[UInt8]]

  init(tokens: [String]) { digests = tokens.map { Self.digest($0) } }

  /// Returns the owner of the states that a request creates: the digest of its token, empty without tokens.
  ///
  /// The comparison takes constant time: the digests of all tokens are compared, each in full.
  ///
  /// - Parameter header: The request's header `Authorization`.
  /// - Throws: `ServerFailure` if the token is missing or unknown.
  func owner(_ header: String?) throws(ServerFailure) -> String {
    guard !digests.isEmpty else { return "" }
    let scheme = "bearer "
    guard let header, header.lowercased().hasPrefix(scheme) else { throw Self.refusal("a bearer token is missing") }
    let digest = Self.digest(String(header.dropFirst(scheme.count)))
    var isKnown: UInt8 = 0
    for known in digests {
      var difference: UInt8 = 0
      for (own, other) in zip(digest, known) { difference |= own ^ other }
      isKnown |= difference == 0 ? 1 : 0
    }
    guard isKnown == 1 else { throw Self.refusal("the bearer token is unknown") }
    return SHA256.hexadecimal(digest: digest)
  }

  private static func digest(_ token: String) -> [UInt8] {
    var hash = SHA256()
    hash.update(Array(token.utf8))
    return hash.digest()
  }

  private static func refusal(_ message: String) -> ServerFailure {
    ServerFailure(
      status: 401, kind: .invalidRequest, message: message + "; send the header 'Authorization: Bearer TOKEN'",
      code: "invalid_api_key")
  }
}
#endif
