import MynahIO
import MynahModels
import MynahTensors
import MynahTraining

/// The speed of training since the last figures, with its share of the machine's peak and the time shares of its parts.
struct ProfileFigures: Encodable {
  /// The speed of the steps alone, without validation and without writing files.
  let tokensPerSecond: Double
  /// The model's arithmetic, in 10⁹ floating-point operations per second.
  let gigaflops: Double
  /// `gigaflops` divided by the measured float32 peak; above 1 if other instructions are faster.
  let shareOfPeak: Double
  /// Shares of the steps' time: the embeddings, the recurrent layers forward and backward, the output layer's loss with
  /// its gradients, norm, clip and update, and all the rest.
  let embedding, recurrence, loss, backward, update, other: Double
  /// The share of waiting for other ranks; nil in one process.
  let exchange: Double?

  var inWords: String {
    let shares = [
      ("embedding", embedding), ("recurrence", recurrence), ("loss", loss), ("backward", backward), ("update", update),
      ("exchange", exchange ?? 0), ("other", other),
    ].filter { $0.0 != "exchange" || exchange != nil }.map { "\($0.0) \((100 * $0.1).formatted(1)) %" }
    return "profile  \(Int(tokensPerSecond).grouped) tokens/s  \(gigaflops.brief) GFLOP/s, "
      + "\((100 * shareOfPeak).formatted(1)) % of the float32 peak  \(shares.joined(separator: "  "))"
  }
}

/// A recorder of profiles of a run's steps.
struct ProfileRecorder {
  let profile = StepProfile()
  private let tokensPerStep: Int
  private let operationsPerToken: Double
  private let peak: Double

  /// Measures the machine's peak on as many threads as the current team has.
  init(_ model: ModelArchitecture, _ objective: TrainingObjective, tokensPerStep: Int) {
    self.tokensPerStep = tokensPerStep
    // Two operations per multiplication, forward once and backward twice.
    operationsPerToken = 6 * Double(model.multiplicationsPerToken(training: objective))
    let ranks = Double(Ranks.communicator.rankCount)
    peak = ranks * MachinePeak.gigaflopsPerSecond(threadCount: ThreadTeam.current?.threadCount ?? 1)
  }

  /// Returns the figures since the last call; nil if there was no step.
  func take() -> ProfileFigures? {
    let times = profile.take()
    guard times.steps > 0 else { return nil }
    let tokensPerSecond = Double(times.stepCount * tokensPerStep) / times.steps
    let gigaflops = tokensPerSecond * operationsPerToken / 1e9
    return ProfileFigures(
      tokensPerSecond: tokensPerSecond, gigaflops: gigaflops, shareOfPeak: gigaflops / peak,
      embedding: times.share(of: .embedding), recurrence: times.share(of: .recurrence), loss: times.share(of: .loss),
      backward: times.share(of: .backward), update: times.share(of: .update),
      other: 1 - StepProfile.Section.allCases.reduce(0) { $0 + times.share(of: $1) },
      exchange: Ranks.communicator.rankCount > 1 ? times.share(of: .exchange) : nil)
  }
}

extension ProfileFigures {
  static let help =
    "After each epoch, print the share of the machine's peak that training reached, and the time of its parts."
}
