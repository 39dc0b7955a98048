import ArgumentParser
import MynahInference
import MynahModels

/// The flag of the weights' precision in inference.
struct WeightPrecisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The precision that weights are rounded to: \(Self.names). (default: that of the file)", valueName: "name"),
    transform: Self.named)
  var precision: WeightPrecision?

  /// Returns the model of a file with its weights packed.
  func model(of file: ModelFile) -> InferenceModel {
    InferenceModel(file.model, precision: precision ?? file.precision)
  }

  static var names: String { WeightPrecision.allCases.map(\.rawValue).joined(separator: ", ") }

  @Sendable static func named(_ name: String) throws -> WeightPrecision {
    guard let precision = WeightPrecision(rawValue: name) else { throw ValidationError("expected one of \(names)") }
    return precision
  }
}
