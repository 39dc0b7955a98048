/// A file that a training run's initial weights came from.
public struct FileOrigin: Hashable, Codable, Sendable {
  /// The name of the file, without folders.
  public let name: String
  /// The SHA-256 of the file, in hexadecimal.
  public let digest: String

  /// Creates an origin.
  public init(name: String, digest: String) { (self.name, self.digest) = (name, digest) }
}
