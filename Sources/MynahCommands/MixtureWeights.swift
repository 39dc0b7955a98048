import ArgumentParser

/// The flag that sets the weights of mixed models.
protocol MixtureWeightFlag: ParsableArguments {
  /// The flag: `--weights`.
  static var flag: String { get }
  /// Its value, numbers with commas between.
  var weights: String? { get }
}

/// `--weights`, in commands without other weights.
struct MixtureWeights: MixtureWeightFlag {
  static let flag = "--weights"

  @Option(parsing: .unconditional, help: mixtureWeightsHelp)
  var weights: String?
}

/// `--mix-weights`, in commands whose `--weights` are others.
struct NamedMixtureWeights: MixtureWeightFlag {
  static let flag = "--mix-weights"

  @Option(name: .customLong("mix-weights"), parsing: .unconditional, help: mixtureWeightsHelp)
  var weights: String?
}

private let mixtureWeightsHelp = ArgumentHelp(
  "The weight of each model, the first one first: 0.7,0.3. (default: equal weights)", valueName: "numbers")
