import ArgumentParser

/// A condition under which a flag has an effect.
struct FlagRule {
  private let flag: String
  private let isBroken: Bool
  /// The error message after the name of the flag.
  private let complaint: String

  /// Creates the rule of a flag that has an effect only with something else.
  ///
  /// - Parameters:
  ///   - flag: The flag: `--cache-weight`.
  ///   - isGiven: A Boolean value indicating whether it was given.
  ///   - need: The other flag or property that it needs: `--cache`.
  ///   - isMet: A Boolean value indicating whether that is given.
  init(_ flag: String, _ isGiven: Bool, needs need: String, _ isMet: Bool) {
    (self.flag, isBroken) = (flag, isGiven && !isMet)
    complaint = "needs \(need); otherwise it has no effect. Leave \(flag) out, or supply what it needs"
  }

  /// Creates the rule of a flag that has no effect with something else.
  ///
  /// - Parameters:
  ///   - flag: The flag: `--precision`.
  ///   - isGiven: A Boolean value indicating whether it was given.
  ///   - other: The other flag: `--dynamic`.
  ///   - isOtherGiven: A Boolean value indicating whether that is given.
  init(_ flag: String, _ isGiven: Bool, excludes other: String, _ isOtherGiven: Bool) {
    (self.flag, isBroken) = (flag, isGiven && isOtherGiven)
    complaint = "has no effect with \(other); leave one of them out"
  }

  /// Checks the rule.
  ///
  /// - Throws: `ValidationError` with a sentence that names the flag.
  func check() throws {
    if isBroken { throw ValidationError("\(flag) \(complaint)") }
  }
}

/// A group of flags, some of which have an effect only under a condition; a flag without effect is an error.
protocol ConditionalFlags: ParsableArguments {
  /// The conditions, in the order in which they are checked.
  var rules: [FlagRule] { get }
}

extension ConditionalFlags {
  func validate() throws { try checkRules() }

  /// Checks all conditions.
  ///
  /// - Throws: `ValidationError` about the first flag that has no effect.
  func checkRules() throws {
    for rule in rules { try rule.check() }
  }
}
