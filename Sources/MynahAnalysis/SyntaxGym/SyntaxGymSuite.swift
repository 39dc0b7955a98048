import MynahIO

/// A test suite of SyntaxGym: sentences in several conditions, divided into regions, and predictions about the
/// regions' surprisals.
///
/// J. Hu, J. Gauthier, P. Qian, E. Wilcox, R. Levy, "A systematic assessment of syntactic generalization in neural
/// language models", 2020; J. Gauthier et al., "SyntaxGym: an online platform for targeted evaluation of language
/// models", 2020.
public struct SyntaxGymSuite: Hashable, Sendable {
  /// A part of a sentence.
  public struct Region: Hashable, Sendable {
    public let number: Int
    /// The text; may be empty.
    public let content: String

    /// Creates a region.
    public init(number: Int, content: String) { (self.number, self.content) = (number, content) }
  }

  /// A sentence of an item.
  public struct Condition: Hashable, Sendable {
    public let name: String
    public let regions: [Region]

    /// Creates a condition.
    public init(name: String, regions: [Region]) { (self.name, self.regions) = (name, regions) }
  }

  /// The sentences that are compared with each other.
  public struct Item: Hashable, Sendable {
    public let number: Int
    public let conditions: [Condition]

    /// Creates an item.
    public init(number: Int, conditions: [Condition]) { (self.number, self.conditions) = (number, conditions) }
  }

  /// The name in the suite's `meta`; nil if it has none.
  public let name: String?
  public let predictions: [SyntaxGymFormula]
  public let items: [Item]

  /// Reads a suite's JSON file.
  ///
  /// - Throws: `FileError`, `SyntaxGymError`.
  public init(contentsOf path: String) throws {
    try self.init(json: TextFile(at: path).text, path: path)
  }

  /// Reads a suite's JSON.
  ///
  /// - Parameter path: The path for messages.
  /// - Throws: `SyntaxGymError`.
  public init(json: String, path: String) throws(SyntaxGymError) {
    let value = try JSONValue(parsing: json) { defect in
      SyntaxGymError.notJSON(path: path, offset: defect.offset, expected: defect.expected, found: defect.found)
    }
    self = try SyntaxGymReader(path: path).suite(value)
  }
}

/// An error of a SyntaxGym suite.
public enum SyntaxGymError: Error, Hashable, Sendable {
  /// The file is not JSON.
  case notJSON(path: String, offset: Int, expected: String, found: String)
  /// A part of the suite is missing or invalid.
  case malformed(path: String, place: String, expected: String, found: String)
  /// A formula violates the grammar.
  case malformedFormula(path: String, prediction: Int, defect: SyntaxGymFormula.Defect)
}

extension SyntaxGymError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notJSON(let path, let offset, let expected, let found):
      "expected \(expected) at byte \(offset) of \(path.quoted()), found \(found); write a suite in SyntaxGym's JSON"
    case .malformed(let path, let place, let expected, let found):
      "\(path.quoted()): expected \(expected) in \(place), found \(found); correct the suite"
    case .malformedFormula(let path, let prediction, let defect):
      "\(path.quoted()): expected \(defect.expected) at character \(defect.position) of the formula of prediction "
        + "\(prediction), found \(defect.found); correct the formula"
    }
  }
}
