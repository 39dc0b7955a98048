import ArgumentParser
import MynahTraining

// Without MPI there are no ranks, and these groups have no flags.

/// The flags of a command that can run on several ranks.
struct RankOptions: ConditionalFlags {
  #if MPI
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End the command when a rank has sent nothing for this long. (default: \(Int(defaultTimeout)))",
      valueName: "seconds"),
    transform: Bounded.integer(1...1_000_000))
  var rankTimeout: Int?

  var rules: [FlagRule] { [.needsRanks("--rank-timeout", rankTimeout != nil)] }
  #else
  private var rankTimeout: Int? { nil }
  var rules: [FlagRule] { [] }
  #endif

  private static let defaultTimeout = 300.0
  /// The time in seconds after which a rank stops waiting for another one.
  var timeout: Double { rankTimeout.map(Double.init) ?? Self.defaultTimeout }
}

/// The flags of a training run on several ranks.
struct RankTrainingOptions: ConditionalFlags {
  #if MPI
  @Option(
    help: ArgumentHelp(
      "The ranks' shares in the shards, such as 2,1 if the first one is twice as fast. (default: equal ones)",
      valueName: "numbers"),
    transform: Self.shares)
  var shares: [Int]?

  @Option(
    help: ArgumentHelp(
      "Send gradients as bfloat16, which halves their traffic and changes the result. (default: float32)",
      valueName: "precision"),
    transform: Self.precision)
  var compress: String?

  @Flag(help: "Permit ranks with different instruction sets, whose results differ in their last bits.")
  var allowMixed = false

  var rules: [FlagRule] {
    [
      .needsRanks("--shares", shares != nil), .needsRanks("--compress", compress != nil),
      .needsRanks("--allow-mixed", allowMixed),
    ]
  }
  #else
  var shares: [Int]? { nil }
  private var compress: String? { nil }
  var allowMixed: Bool { false }
  var rules: [FlagRule] { [] }
  #endif

  /// A Boolean value indicating whether gradients are rounded to bfloat16 before they are sent to other ranks.
  var roundsGradients: Bool { compress == "bfloat16" }

  private static func shares(_ text: String) throws -> [Int] {
    let shares = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard shares.allSatisfy({ (1...1_000_000).contains($0) }) else {
      throw ValidationError("expected positive integers separated by commas, such as 2,1")
    }
    return shares
  }

  private static func precision(_ text: String) throws -> String {
    guard ["bfloat16", "float32"].contains(text) else { throw ValidationError("expected bfloat16 or float32") }
    return text
  }
}

extension FlagRule {
  /// Returns the rule of a flag that has an effect only with several ranks.
  fileprivate static func needsRanks(_ flag: String, _ isGiven: Bool) -> FlagRule {
    FlagRule(flag, isGiven, needs: "several ranks, started by mpirun", LaunchedRank.current != nil)
  }
}
