import ArgumentParser
import MynahModels

extension ModelOptions {
  var rules: [FlagRule] {
    [
      FlagRule(
        "--initial-range", initialRange != nil, needs: "--initializer uniform", initializer ?? .uniform == .uniform),
      FlagRule("--output-initializer", outputInitializer != nil, excludes: "--tied", tied),
      FlagRule("--residual", residual, excludes: "--skip-connections", skipConnections),
      FlagRule("--cell", cell != nil, excludes: "--layers", layers != nil),
      FlagRule("--hidden", hidden != nil, excludes: "--layers", layers != nil),
      FlagRule("--rank", rank != nil, needs: "--rounds of 1 or more", rounds != 0),
    ]
  }

  /// A Boolean value indicating whether a flag sets the layers' kinds or sizes.
  var setsLayers: Bool {
    embedding != nil || hidden != nil || layers != nil || cell != nil || projection != nil || window != nil
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
      RunSetting("--window", window.map(Self.merged)) { run in
        let windows = Self.settings("window", of: run.model).map { Int($0) }
        return windows.isEmpty ? nil : Self.merged(windows)
      },
      RunSetting("--rounds", rounds) { Self.setting("rounds", of: $0.model).map { Int($0) } },
      RunSetting("--rank", rank) { Self.setting("rank", of: $0.model).map { Int($0) } },
      RunSetting("--cap-input-gate", capInputGate ? true : nil) {
        Self.setting("cappedInput", of: $0.model).map { $0 == 1 }
      },
      RunSetting("--tied", isOn: tied, at: \.model.output.isTied),
      connection("--residual", residual, .residual),
      connection("--skip-connections", skipConnections, .skip),
      RunSetting("--dropout", dropout) {
        $0.model.dropout.output
      } write: {
        ($0.model.dropout.output, $0.model.dropout.hidden) = ($1, $1)
      },
      RunSetting("--dropout-hidden", dropoutHidden, at: \.model.dropout.hidden),
      RunSetting("--dropout-input", dropoutInput, at: \.model.dropout.input),
      RunSetting("--dropout-layer-input", dropoutLayerInput, at: \.model.dropout.layerInput),
      RunSetting("--dropout-embedding", dropoutEmbedding, at: \.model.dropout.embedding),
      RunSetting("--dropout-latent", dropoutLatent, at: \.model.dropout.latent),
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

  /// Applies the given flags to the settings of a new run.
  ///
  /// - Throws: `ValidationError` if the model cannot be built, or about a flag that has no effect on it.
  func apply(to run: inout RunSettings) throws {
    try applySettings(to: &run)
    try applyLayers(to: &run.model)
    let output = run.model.output.kind
    try FlagRule(
      "--dropout-latent", dropoutLatent != nil, needs: "--output-layer mixture (found \(output))",
      OutputKinds.standard[output]?.hasLatentVectors == true
    ).check()
    let (sizes, rates) = (try run.architecture().layerSizes, run.model.dropout)
    let effects = [
      FlagRule(
        "--residual", residual, needs: "a layer whose output has the size of its input (found the sizes \(sizes))",
        zip(sizes, sizes.dropFirst()).contains { $0 == $1 }),
      FlagRule("--skip-connections", skipConnections, needs: "two or more recurrent layers", sizes.count > 2),
      FlagRule(
        "--variational-dropout", variationalDropout,
        needs: "a rate above 0 of --dropout, --dropout-input, --dropout-layer-input or --dropout-latent",
        [rates.output, rates.hidden, rates.layerInput, rates.input, rates.latent].contains { $0 > 0 }),
      FlagRule("--dropout-hidden", dropoutHidden != nil, needs: "two or more recurrent layers", sizes.count > 2),
    ]
    for rule in effects { try rule.check() }
  }

  /// Returns the setting of a flag that selects the connections between layers.
  private func connection(_ flag: String, _ isGiven: Bool, _ connections: LayerConnections) -> RunSetting {
    RunSetting(flag, isGiven ? true : nil) {
      $0.model.connections == connections
    } write: { run, _ in
      run.model.connections = connections
    }
  }

  // MARK: Layers

  private func applyLayers(to model: inout LanguageModelConfiguration) throws {
    if let layers { model.layers = layers }
    // Only a projected cell has a projection and only a QRNN a window, so --projection and --window imply them.
    let implied: CellKind? = projection != nil ? .projectedLSTM : window != nil ? .qrnn : nil
    if let cell = cell ?? (layers == nil ? implied : nil) {
      model.layers = model.layers.map { $0.of(cell) }
    }
    if let hidden {
      let first = model.layers[0]
      model.layers = hidden.map { LayerConfiguration(first.kind, $0, settings: first.settings) }
    } else if tied && layers == nil {
      // Tied weights require a last layer of the embedding's size, and no flag sets another size.
      model.layers[model.layers.count - 1].hiddenSize = model.embeddingSize
    }
    if let forgetBias { try model.layers.set("forgetBias", to: [Double(forgetBias)], flag: "--forget-bias") }
    if let projection { try model.layers.set("outputSize", to: [Double(projection)], flag: "--projection") }
    if let window { try model.layers.set("window", to: window.map { Double($0) }, flag: "--window") }
    if let rounds { try model.layers.set("rounds", to: [Double(rounds)], flag: "--rounds") }
    if let rank { try model.layers.set("rank", to: [Double(rank)], flag: "--rank") }
    if capInputGate { try model.layers.set("cappedInput", to: [1], flag: "--cap-input-gate") }
    if let kind = model.layers.first(where: { $0.kind == "projected" && $0.settings["outputSize"] == nil })?.kind {
      throw ValidationError(
        "layers of the kind \(kind) need --projection, the size that their outputs are projected to")
    }
  }

  /// Returns the value of a setting in the first layer that has it.
  private static func setting(_ name: String, of model: LanguageModelConfiguration) -> Double? {
    settings(name, of: model).first
  }

  /// Returns the values of a setting in the layers that have it.
  private static func settings(_ name: String, of model: LanguageModelConfiguration) -> [Double] {
    model.layers.compactMap { layer in
      let setting = CellKinds.standard[layer.kind]?.settings.first { $0.name == name }
      return setting.flatMap { layer.settings[name] ?? $0.defaultValue }
    }
  }

  /// Returns the shortest flag value for per-layer values: a single value if all are equal.
  private static func merged(_ values: [Int]) -> [Int] { Set(values).count == 1 ? [values[0]] : values }
}

extension [LayerConfiguration] {
  /// Sets a setting of the layers whose kind has it; a default value is not stored.
  ///
  /// - Parameter values: One value for all of these layers, or one for each of them, in order.
  /// - Throws: `ValidationError` if there is no such layer, or if the number of values does not match.
  mutating func set(_ name: String, to values: [Double], flag: String) throws {
    let kinds = CellKinds.standard.all.filter { $0.settings.contains { $0.name == name } }
    let names = kinds.map(\.name).joined(separator: " or ")
    let own = indices.filter { index in kinds.contains { $0.name == self[index].kind } }
    let found = map(\.kind).joined(separator: ", ")
    try FlagRule(flag, true, needs: "--cell \(names) (found \(found))", !own.isEmpty).check()
    guard values.count == 1 || values.count == own.count else {
      throw ValidationError(
        "\(flag) needs one value for all layers of the kind \(names), or one for each of the \(own.count) layers; "
          + "found \(values.count) values")
    }
    for (place, index) in own.enumerated() {
      let value = values[values.count == 1 ? 0 : place]
      let setting = kinds.first { $0.name == self[index].kind }?.settings.first { $0.name == name }
      self[index].settings[name] = value == setting?.defaultValue ? nil : value
    }
  }
}

extension LayerConfiguration {
  /// Returns a layer of another kind with the same size, keeping the settings that the kind supports.
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
