import MynahIO

/// The optimizers that can be selected by name, as in files.
///
/// To add a custom optimizer, define a type that conforms to `OptimizerRule` and add it to a list:
///
/// ```swift
/// let rules = OptimizerRules.standard.adding(SignDescent())
/// let state = try TrainingStateFile(contentsOf: path, rules: rules)
/// ```
public struct OptimizerRules: Sendable {
  private let rules: [any OptimizerRule]

  /// Creates a list.
  ///
  /// - Parameter rules: The rules with their default constants.
  /// - Precondition: No two rules have the same name.
  public init(_ rules: [any OptimizerRule]) {
    let names = rules.map { type(of: $0).name }
    require(Set(names).count == names.count, "an optimizer's name must be unique, got \(names)")
    self.rules = rules
  }

  /// The optimizers of this module.
  public static let standard = OptimizerRules([SGD(), Adagrad(), RMSProp(), Adam(), AveragedSGD()])

  /// Returns the list with further rules appended.
  ///
  /// - Precondition: No two rules have the same name.
  public func adding(_ rules: any OptimizerRule...) -> OptimizerRules { OptimizerRules(self.rules + rules) }

  /// The names, in order.
  public var names: [String] { rules.map { type(of: $0).name } }

  /// The rule with a name and its default constants; nil if the list does not contain it.
  public subscript(name: String) -> OptimizerConfiguration? {
    rules.first { type(of: $0).name == name }.map { OptimizerConfiguration($0) }
  }
}

extension OptimizerRules {
  /// The key of the list in a decoder's `userInfo`.
  private static let key = CodingUserInfoKey(rawValue: "mynah.optimizers")

  /// The `userInfo` of a decoder that accepts these rules.
  var userInfo: [CodingUserInfoKey: any Sendable] { Self.key.map { [$0: self] } ?? [:] }

  /// Returns the rules that a decoder accepts: the standard ones unless others were given.
  static func known(to decoder: any Decoder) -> OptimizerRules {
    key.flatMap { decoder.userInfo[$0] as? OptimizerRules } ?? .standard
  }
}
