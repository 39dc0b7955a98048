import MynahIO

/// A place in a pickle.
public struct PickleLocation: Hashable, Sendable {
  /// The member of the archive that the pickle is; nil: the file itself.
  public let member: String?
  /// The offset from the start of the member or of the file, in bytes.
  public let byteOffset: Int
}

extension PickleLocation: CustomStringConvertible {
  public var description: String { "byte \(byteOffset)" + (member.map { " of \($0.quoted(80))" } ?? "") }
}
