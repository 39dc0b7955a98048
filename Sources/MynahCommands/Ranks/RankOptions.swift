#if MPI
import ArgumentParser
import MynahTraining

/// The flags of a run that several ranks compute.
struct RankOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The ranks' shares in the shards, such as 2,1 if the first one is twice as fast. (default: equal ones)",
      valueName: "numbers"),
    transform: Self.shares)
  var shares: [Int]?

  @Option(
    help: ArgumentHelp(
      "Round gradients on the way to other ranks: bfloat16 halves the traffic and changes the result. "
        + "(default: float32)", valueName: "precision"),
    transform: Self.precision)
  var compress: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End the run when a rank has sent nothing for this long. (default: \(Int(defaultTimeout)))",
      valueName: "seconds"),
    transform: Bounded.integer(1...1_000_000))
  var rankTimeout: Int?

  @Flag(help: "Permit ranks with different instruction sets, whose results differ in their last bits.")
  var allowMixed = false

  private static let defaultTimeout = 300.0
  /// The seconds after which a rank that waits for another one gives up.
  var timeout: Double { rankTimeout.map(Double.init) ?? Self.defaultTimeout }
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

  /// The rules of the flags, which have an effect with several ranks only.
  var rules: [FlagRule] {
    let (several, isAlone) = ("several ranks, started by mpirun", LaunchedRank.current == nil)
    return [
      FlagRule("--shares", shares != nil, needs: several, !isAlone),
      FlagRule("--compress", compress != nil, needs: several, !isAlone),
      FlagRule("--rank-timeout", rankTimeout != nil, needs: several, !isAlone),
      FlagRule("--allow-mixed", allowMixed, needs: several, !isAlone),
    ]
  }
}
#endif
