import ArgumentParser
import MynahModels

/// The flags that select the recurrent and output layers of a benchmark model.
struct BenchPartOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The kind of the recurrent layers: \(ModelOptions.cellNames). (default: lstm)", valueName: "name"),
    completion: .list(CellKinds.standard.all.map(\.name)), transform: ModelOptions.cellKind)
  var cell: CellKind?

  @Option(
    help: ArgumentHelp(
      "The number of inputs that a step of a QRNN layer reads: one number for all layers, or one for each, as in 2,1; "
        + "needs --cell qrnn. (default: 1)",
      valueName: "numbers"),
    transform: Bounded.integers(1...2, atMost: 64))
  var window: [Int]?

  @Option(
    help: ArgumentHelp(
      "The output layer: softmax, adaptive:CUTOFF,… or mixture:K[,SIZE]. (default: softmax)", valueName: "layer"),
    completion: .list(OutputKinds.standard.all.map(\.name)), transform: ModelOptions.output)
  var outputLayer: OutputConfiguration?

  /// Returns a preset with these parts.
  ///
  /// - Throws: `ValidationError` if no layer has a window, or if the number of values does not match.
  func apply(to preset: BenchPreset) throws -> BenchPreset {
    var preset = preset
    if let cell = cell ?? (window == nil ? nil : .qrnn) {
      preset.layers = preset.layers.map { LayerConfiguration(cell, $0.hiddenSize) }
    }
    if let window { try preset.layers.set("window", to: window.map { Double($0) }, flag: "--window") }
    if let outputLayer { preset.output = outputLayer }
    return preset
  }
}
