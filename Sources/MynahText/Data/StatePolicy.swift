/// The positions of a text at which a model's state is reset.
///
/// Each text is preceded by a line-end token, in whichever form the vocabulary has it; this token is the first input,
/// from the zero state. If the vocabulary has no line end, nothing precedes the text, and its first token is context
/// only.
public enum StatePolicy: Hashable, Sendable {
  /// Never: the whole text is one sequence, and the state is carried to its end.
  case carry
  /// At each line: predictions do not depend on previous lines.
  case reset
  /// After each empty line, which ends a document.
  case documents
  /// After every `length` predictions, regardless of the text: each window starts after the last token of the previous
  /// one.
  case windows(length: Int)

  /// The name of the policy: "carry", "reset", "documents" or "windows".
  public var name: String {
    switch self {
    case .carry: "carry"
    case .reset: "reset"
    case .documents: "documents"
    case .windows: "windows"
    }
  }

  /// The policies without a length.
  public static let simple: [StatePolicy] = [.carry, .reset, .documents]

  /// Returns a Boolean value indicating whether a text ends after a line.
  func endsText(behind line: some StringProtocol) -> Bool {
    switch self {
    case .carry, .windows: false
    case .reset: true
    case .documents: line.allSatisfy(\.isWhitespace)
    }
  }
}

// Encoded as the name, or as {"windows": 35}.
extension StatePolicy: Codable {
  private enum CodingKeys: CodingKey { case windows }

  public init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      guard let policy = Self.simple.first(where: { $0.name == name }) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "there is no state policy '\(name)'"))
      }
      self = policy
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let length = try values.decode(Int.self, forKey: .windows)
    guard length > 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .windows, in: values, debugDescription: "a window's length must be positive, found \(length)")
    }
    self = .windows(length: length)
  }

  public func encode(to encoder: any Encoder) throws {
    if case .windows(let length) = self {
      var values = encoder.container(keyedBy: CodingKeys.self)
      return try values.encode(length, forKey: .windows)
    }
    var value = encoder.singleValueContainer()
    try value.encode(name)
  }
}
