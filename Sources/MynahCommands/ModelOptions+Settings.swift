import ArgumentParser
import MynahModels

extension ModelOptions {
  var rules: [FlagRule] {
    [
      FlagRule(
        "--initial-range", initialRange != nil, needs: "--initializer uniform", initializer ?? .uniform == .uniform),
      FlagRule("--output-initializer", outputInitializer != nil, excludes: "--tied", tied),
      FlagRule("--cell", cell != nil, excludes: "--layers", layers != nil),
      FlagRule("--hidden", hidden != nil, excludes: "--layers", layers != nil),
    ]
  }

  var settings: [RunSetting] {
    [
      RunSetting("--embedding", embedding, at: \.model.embeddingSize),
      RunSetting("--layers", layers?.map(\.flagValue)) { $0.model.layers.map(\.flagValue) },
      RunSetting("--hidden", hidden) { $0.model.layers.map(\.hiddenSize) },
      RunSetting("--cell", cell?.name) { run in
        let kinds = Set(run.model.layers.map(\.kind))
        return kinds.count == 1 ? kinds.first : run.model.layers.map(\.kind).joined(separator: ",")
      },
      RunSetting("--output-layer", outputLayer?.flagValue) {
        $0.model.output.flagValue
      } write: { run, _ in
        if let outputLayer { (run.model.output.kind, run.model.output.sizes) = (outputLayer.kind, outputLayer.sizes) }
      },
      RunSetting("--forget-bias", forgetBias.map(Double.init)) { Self.setting("forgetBias", of: $0.model) },
      RunSetting("--projection", projection) { Self.setting("outputSize", of: $0.model).map { Int($0) } },
      RunSetting("--tied", isOn: tied, at: \.model.output.isTied),
      RunSetting("--residual", isOn: residual, at: \.model.isResidual),
      RunSetting("--dropout", dropout) {
        $0.model.dropout.output
      } write: {
        ($0.model.dropout.output, $0.model.dropout.hidden) = ($1, $1)
      },
      RunSetting("--dropout-input", dropoutInput, at: \.model.dropout.input),
      RunSetting("--dropout-layer-input", dropoutLayerInput, at: \.model.dropout.layerInput),
      RunSetting("--dropout-embedding", dropoutEmbedding, at: \.model.dropout.embedding),
      RunSetting("--dropout-weights", dropoutWeights, at: \.model.dropout.weights),
      RunSetting("--variational-dropout", isOn: variationalDropout, at: \.model.dropout.isVariational),
      RunSetting("--initializer", initializer?.rawValue) {
        InitializerKind($0.model)?.rawValue
      } write: { run, _ in
        initializer?.apply(to: &run.model)
      },
      RunSetting("--initial-range", initialRange) { run in
        if case .uniform(let bound) = run.model.initializer { bound } else { nil }
      } write: {
        $0.model.initializer = .uniform($1)
      },
      RunSetting("--embedding-initializer", embeddingInitializer?.flagValue) {
        $0.model.embeddingInitializer?.flagValue
      } write: { run, _ in
        run.model.embeddingInitializer = embeddingInitializer
      },
      RunSetting("--output-initializer", outputInitializer?.flagValue) {
        $0.model.outputInitializer?.flagValue
      } write: { run, _ in
        run.model.outputInitializer = outputInitializer
      },
    ]
  }

  /// Writes what was given into the settings of a new run.
  ///
  /// - Throws: `ValidationError` if the model cannot be built, or about a flag that has no effect on it.
  func apply(to run: inout RunSettings) throws {
    try applySettings(to: &run)
    try applyLayers(to: &run.model)
    let (sizes, rates) = (try run.architecture().layerSizes, run.model.dropout)
    let effects = [
      FlagRule(
        "--residual", residual, needs: "a layer whose output has the size of its input (found the sizes \(sizes))",
        zip(sizes, sizes.dropFirst()).contains { $0 == $1 }),
      FlagRule(
        "--variational-dropout", variationalDropout,
        needs: "a rate above 0 of --dropout, --dropout-input or --dropout-layer-input",
        [rates.output, rates.hidden, rates.layerInput, rates.input].contains { $0 > 0 }),
    ]
    for rule in effects { try rule.check() }
  }

  // MARK: Layers

  private func applyLayers(to model: inout LanguageModelConfiguration) throws {
    if let layers { model.layers = layers }
    // Only a projected cell has a projection, so --projection implies one.
    if let cell = cell ?? (projection != nil && layers == nil ? .projectedLSTM : nil) {
      model.layers = model.layers.map { $0.of(cell) }
    }
    if let hidden {
      let first = model.layers[0]
      model.layers = hidden.map { LayerConfiguration(first.kind, $0, settings: first.settings) }
    } else if tied && layers == nil {
      // Tied weights need the embedding's size, and the flags set no other.
      model.layers[model.layers.count - 1].hiddenSize = model.embeddingSize
    }
    try set("forgetBias", to: forgetBias.map(Double.init), of: &model.layers, flag: "--forget-bias")
    try set("outputSize", to: projection.map { Double($0) }, of: &model.layers, flag: "--projection")
    if let kind = model.layers.first(where: { $0.kind == "projected" && $0.settings["outputSize"] == nil })?.kind {
      throw ValidationError(
        "layers of the kind \(kind) need --projection, the size that their outputs are projected to")
    }
  }

  /// Sets a setting of the layers whose kind has it.
  ///
  /// - Throws: `ValidationError` if there is none.
  private func set(_ name: String, to value: Double?, of layers: inout [LayerConfiguration], flag: String) throws {
    guard let value else { return }
    let kinds = CellKinds.standard.all.filter { $0.settings.contains { $0.name == name } }.map(\.name)
    let found = layers.map(\.kind).joined(separator: ", ")
    try FlagRule(
      flag, true, needs: "--cell \(kinds.joined(separator: " or ")) (found \(found))",
      layers.contains { kinds.contains($0.kind) }
    ).check()
    for index in layers.indices where kinds.contains(layers[index].kind) { layers[index].settings[name] = value }
  }

  /// The value of a setting in the first layer that has it.
  private static func setting(_ name: String, of model: LanguageModelConfiguration) -> Double? {
    for layer in model.layers {
      guard let setting = CellKinds.standard[layer.kind]?.settings.first(where: { $0.name == name }) else { continue }
      return layer.settings[name] ?? setting.defaultValue
    }
    return nil
  }
}

extension LayerConfiguration {
  /// Returns a layer of another kind with the same size and with those settings that the kind has.
  fileprivate func of(_ kind: CellKind) -> LayerConfiguration {
    let names = kind.settings.map(\.name)
    return LayerConfiguration(kind, hiddenSize, settings: settings.filter { names.contains($0.key) })
  }

  /// The layer as a value of `--layers`: "lstm:400".
  fileprivate var flagValue: String { "\(kind):\(hiddenSize)" }
}

extension OutputConfiguration {
  /// The layer as a value of `--output-layer`: "adaptive:2000,10000".
  fileprivate var flagValue: String {
    kind + (sizes.isEmpty ? "" : ":" + sizes.map(String.init).joined(separator: ","))
  }
}
