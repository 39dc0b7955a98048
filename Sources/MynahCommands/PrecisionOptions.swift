import ArgumentParser
import MynahTensors
import MynahTraining

/// The flag of the precision of matrix products in training.
struct PrecisionOptions: ParsableArguments, RunOptions {
  @Option(
    help: ArgumentHelp(
      "The precision of the factors of matrix products: \(names); weights and sums are float32 either way. "
        + "(default: float32)",
      valueName: "name"),
    transform: Self.precision)
  var precision: Precision?

  /// The requested precision; float32, with a warning, if this machine lacks it; nil without the flag.
  var supported: Precision? {
    guard let precision, !precision.isSupported else { return precision }
    StandardError.warn("this machine has no instructions for products in \(precision.rawValue); float32 is used")
    return .float32
  }

  var settings: [RunSetting] {
    [
      RunSetting("--precision", supported?.rawValue) {
        $0.training.precision.rawValue
      } write: { run, name in
        run.training.precision = Precision(rawValue: name) ?? run.training.precision
      }
    ]
  }

  private static let names = Precision.allCases.map(\.rawValue).joined(separator: ", ")

  private static func precision(_ text: String) throws -> Precision {
    guard let precision = Precision(rawValue: text) else { throw ValidationError("expected one of \(names)") }
    return precision
  }
}
