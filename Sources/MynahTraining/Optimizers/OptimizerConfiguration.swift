/// The optimisers, by name.
public enum OptimizerKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// Gradient descent, with momentum if wanted (see `SGD`).
  case sgd
  /// Each number's rate falls with its squared gradients' sum (see `Adagrad`).
  case adagrad
  /// Each number's rate falls with its squared gradients' running mean (see `RMSProp`).
  case rmsprop
  /// Steps by running means of the gradients and of their squares (see `Adam`).
  case adam
  /// Gradient descent whose weights are averaged at the end (see `AveragedSGD`).
  case asgd

  /// A rate to begin with where nothing is known.
  public var usualLearningRate: Float {
    switch self {
    case .sgd, .asgd: 1  // on clipped gradients
    case .adagrad: 0.1
    case .rmsprop: 0.002
    case .adam: 0.001
    }
  }

  var ruleType: any OptimizerRule.Type {
    switch self {
    case .sgd: SGD.self
    case .adagrad: Adagrad.self
    case .rmsprop: RMSProp.self
    case .adam: Adam.self
    case .asgd: AveragedSGD.self
    }
  }
}

/// Which optimiser with which constants.
///
/// ```swift
/// TrainingConfiguration(optimizer: .adam, …)
/// TrainingConfiguration(optimizer: OptimizerConfiguration(SGD(momentum: 0.9)), …)
/// ```
public struct OptimizerConfiguration: Hashable, Sendable {
  /// The rule with its constants.
  public let rule: any OptimizerRule

  /// Chooses a rule.
  public init(_ rule: any OptimizerRule) { self.rule = rule }

  /// Chooses a rule with its usual constants.
  public init(_ kind: OptimizerKind) { self.init(kind.ruleType.init()) }

  /// Plain gradient descent.
  public static let sgd = OptimizerConfiguration(.sgd)
  /// Adagrad with its usual constants.
  public static let adagrad = OptimizerConfiguration(.adagrad)
  /// RMSProp with its usual constants.
  public static let rmsprop = OptimizerConfiguration(.rmsprop)
  /// Adam with its usual constants.
  public static let adam = OptimizerConfiguration(.adam)
  /// Averaged gradient descent with the non-monotone trigger.
  public static let asgd = OptimizerConfiguration(.asgd)

  /// The rule's name.
  public var kind: OptimizerKind { type(of: rule).kind }
  /// A rate to begin with where nothing is known.
  public var usualLearningRate: Float { kind.usualLearningRate }

  public static func == (left: Self, right: Self) -> Bool { AnyHashable(left.rule) == AnyHashable(right.rule) }
  public func hash(into hasher: inout Hasher) { AnyHashable(rule).hash(into: &hasher) }
}

extension OptimizerConfiguration: CustomStringConvertible {
  /// The name, and the constants that are not the usual ones: "sgd, momentum 0.9".
  public var description: String {
    let usual = Self.constants(of: kind.ruleType.init())
    let changed = Self.constants(of: rule).filter { !usual.contains($0) }
    return ([kind.rawValue] + changed).joined(separator: ", ")
  }

  /// The constants in words: "momentum 0.9".
  private static func constants(of rule: any OptimizerRule) -> [String] {
    Mirror(reflecting: rule).children.map { name, value in
      let mirror = Mirror(reflecting: value)
      let shown: Any = mirror.displayStyle == .optional ? mirror.children.first?.value ?? "none" : value
      return "\(name ?? "") \(shown)"
    }
  }
}

extension OptimizerConfiguration: Codable {
  private enum CodingKeys: String, CodingKey { case kind }

  // Coded as the name where all constants are the usual ones, else as {"kind": "sgd", "momentum": 0.9, …}.
  public init(from decoder: any Decoder) throws {
    if let kind = try? decoder.singleValueContainer().decode(OptimizerKind.self) {
      self.init(kind)
    } else {
      let kind = try decoder.container(keyedBy: CodingKeys.self).decode(OptimizerKind.self, forKey: .kind)
      let rule = try kind.ruleType.init(from: decoder)
      if let defect = rule.defect {
        throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: defect))
      }
      self.init(rule)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    guard self != OptimizerConfiguration(kind) else {
      var container = encoder.singleValueContainer()
      return try container.encode(kind)
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try rule.encode(to: encoder)
  }
}
