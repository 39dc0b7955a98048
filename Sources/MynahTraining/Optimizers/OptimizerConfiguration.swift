import Foundation

/// The update rule of an optimizer and its constants.
///
/// ```swift
/// let adam = OptimizerConfiguration.adam
/// let momentum = OptimizerConfiguration(SGD(momentum: 0.9))
/// ```
public struct OptimizerConfiguration: Hashable, Sendable {
  /// The rule and its constants.
  public let rule: any OptimizerRule

  /// Creates the configuration of a rule.
  public init(_ rule: any OptimizerRule) { self.rule = rule }

  /// Plain stochastic gradient descent.
  public static let sgd = OptimizerConfiguration(SGD())
  /// Adagrad with its default constants.
  public static let adagrad = OptimizerConfiguration(Adagrad())
  /// RMSProp with its default constants.
  public static let rmsprop = OptimizerConfiguration(RMSProp())
  /// Adam with its default constants.
  public static let adam = OptimizerConfiguration(Adam())
  /// Averaged stochastic gradient descent with the non-monotonic trigger.
  public static let asgd = OptimizerConfiguration(AveragedSGD())

  /// The rule's name.
  public var name: String { type(of: rule).name }
  /// The default learning rate.
  public var defaultLearningRate: Float { type(of: rule).defaultLearningRate }

  public static func == (left: Self, right: Self) -> Bool { AnyHashable(left.rule) == AnyHashable(right.rule) }
  public func hash(into hasher: inout Hasher) { AnyHashable(rule).hash(into: &hasher) }
}

// MARK: Constants by name

extension OptimizerConfiguration {
  /// The rule's constants as text, named after its stored properties.
  package var constants: [(name: String, value: String)] {
    Mirror(reflecting: rule).children.map { name, value in
      let mirror = Mirror(reflecting: value)
      let shown: Any = mirror.displayStyle == .optional ? mirror.children.first?.value ?? "none" : value
      return (name ?? "", "\(shown)")
    }
  }

  /// Returns a constant as text; nil if the rule has no constant with this name.
  package func constant(_ name: String) -> String? { constants.first { $0.name == name }?.value }

  /// Returns the configuration with a constant set to another value, by the name of its stored property; nil removes an
  /// optional one.
  ///
  /// - Throws: `DecodingError` if the rule does not accept the value.
  package func setting(_ name: String, to value: (any Sendable)?) throws -> OptimizerConfiguration {
    let coded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(rule))
    var constants = coded as? [String: Any] ?? [:]
    constants[name] = value
    return try Self.decoded(like: rule, from: JSONSerialization.data(withJSONObject: constants))
  }

  private static func decoded<Rule: OptimizerRule>(like rule: Rule, from json: Data) throws -> OptimizerConfiguration {
    OptimizerConfiguration(try JSONDecoder().decode(Rule.self, from: json))
  }
}

extension OptimizerConfiguration: CustomStringConvertible {
  /// The name and the constants that differ from the defaults: "sgd, momentum 0.9".
  public var description: String {
    let usual = OptimizerConfiguration(type(of: rule).init()).constants
    let changed = zip(constants, usual).filter { $0.value != $1.value }.map { "\($0.0.name) \($0.0.value)" }
    return ([name] + changed).joined(separator: ", ")
  }
}

extension OptimizerConfiguration: Codable {
  private enum CodingKeys: String, CodingKey { case name, constants }

  // Encoded as {"constants": {"momentum": 0.9, …}, "name": "sgd"}.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.decode(String.self, forKey: .name)
    let known = OptimizerRules.known(to: decoder)
    func corrupted(_ reason: String) -> DecodingError {
      .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: reason))
    }
    guard let usual = known[name] else {
      throw corrupted("the optimizer '\(name)' is not among \(known.names.joined(separator: ", "))")
    }
    rule = try type(of: usual.rule).init(from: values.superDecoder(forKey: .constants))
    if let defect = rule.defect { throw corrupted(defect) }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try rule.encode(to: values.superEncoder(forKey: .constants))
  }
}
