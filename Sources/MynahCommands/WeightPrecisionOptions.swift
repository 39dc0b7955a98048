import ArgumentParser
import MynahInference
import MynahModels

/// What weights are held in while a model is asked.
struct WeightPrecisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the weights are rounded to: \(Self.names). (default: what the file holds)", valueName: "name"),
    transform: Self.named)
  var precision: WeightPrecision?

  /// A file's model, its weights packed.
  func model(of file: ModelFile) -> InferenceModel {
    InferenceModel(file.model, precision: precision ?? file.precision)
  }

  static var names: String { WeightPrecision.allCases.map(\.rawValue).joined(separator: ", ") }

  @Sendable static func named(_ name: String) throws -> WeightPrecision {
    guard let precision = WeightPrecision(rawValue: name) else { throw ValidationError("expected one of \(names)") }
    return precision
  }
}
