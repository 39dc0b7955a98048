import ArgumentParser
import MynahModels

/// The flags of the kinds of a benchmark model's parts.
struct BenchPartOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The kind of the recurrent layers: \(ModelOptions.cellNames). (default: lstm)", valueName: "name"),
    completion: .list(CellKinds.standard.all.map(\.name)), transform: ModelOptions.cellKind)
  var cell: CellKind?

  @Option(
    help: ArgumentHelp(
      "The output layer: softmax, adaptive:CUTOFF,… or mixture:K[,SIZE]. (default: softmax)", valueName: "layer"),
    completion: .list(OutputKinds.standard.all.map(\.name)), transform: ModelOptions.output)
  var outputLayer: OutputConfiguration?

  /// Returns a preset with these parts.
  func apply(to preset: BenchPreset) -> BenchPreset {
    var preset = preset
    if let cell { preset.cell = cell }
    if let outputLayer { preset.output = outputLayer }
    return preset
  }
}
