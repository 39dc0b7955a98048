import ArgumentParser

/// The flag that sets the weights of mixed models.
protocol MixtureWeightFlag: ParsableArguments {
  /// The flag: `--weights`.
  static var flag: String { get }
  /// The value of the flag: comma-separated numbers.
  var weights: String? { get }
}

/// `--weights`, in commands where it has no other meaning.
struct MixtureWeights: MixtureWeightFlag {
  static let flag = "--weights"

  @Option(parsing: .unconditional, help: mixtureWeightsHelp)
  var weights: String?
}

/// `--mix-weights`, in commands where `--weights` has another meaning.
struct NamedMixtureWeights: MixtureWeightFlag {
  static let flag = "--mix-weights"

  @Option(name: .customLong("mix-weights"), parsing: .unconditional, help: mixtureWeightsHelp)
  var weights: String?
}

private let mixtureWeightsHelp = ArgumentHelp(
  "The weight of each model, in order: 0.7,0.3. (default: equal weights)", valueName: "numbers")
