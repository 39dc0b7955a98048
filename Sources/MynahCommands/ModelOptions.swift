import ArgumentParser
import MynahModels

/// The model's shape and what training drops.
struct ModelOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of a token's vector. (default: from the text's size)", valueName: "size"),
    transform: Bounded.integer(1...65536))
  var embedding: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The sizes of the recurrent layers, the first one first: 256 or 128,64. (default: from the text's size)",
      valueName: "sizes"),
    transform: Bounded.integers(1...65536, atMost: 64))
  var hidden: [Int]?

  @Option(
    help: ArgumentHelp("The kind of the recurrent layers: \(Self.cellNames). (default: lstm)", valueName: "name"),
    transform: Self.cellKind)
  var cell: CellKind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The kind and size of each recurrent layer, the first one first: lstm:400,gru:200; instead of --cell and --hidden.",
      valueName: "layers"),
    transform: Self.layerList)
  var layers: [LayerConfiguration]?

  @Option(
    help: ArgumentHelp(
      "The output layer: softmax, adaptive:CUTOFF,… (the first token of each cluster of rare tokens) or mixture:K[,SIZE] (K softmaxes). (default: softmax)",
      valueName: "layer"),
    transform: Self.output)
  var outputLayer: OutputConfiguration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What the forget gates' biases begin at; 1 is usual. (default: 0)", valueName: "number"),
    transform: Bounded.number(-1000...1000))
  var forgetBias: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The size that LSTM layers project their outputs to; with --cell projected.", valueName: "size"),
    transform: Bounded.integer(1...65536))
  var projection: Int?

  @Flag(help: "Use the embedding as the output's weights too; the last layer then has the embedding's size.")
  var tied = false

  @Flag(help: "Add a recurrent layer's inputs to its outputs where their sizes agree.")
  var residual = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability that an element of a recurrent layer's output is kept in training; 1 is no dropout. (default: from the text's size)",
      valueName: "probability"),
    transform: Bounded.positive(atMost: 1))
  var keep: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The same for a recurrent layer's input. (default: 1)", valueName: "probability"),
    transform: Bounded.positive(atMost: 1))
  var keepInput: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability that a token's vector is kept wherever it stands in a batch. (default: 1)",
      valueName: "probability"),
    transform: Bounded.positive(atMost: 1))
  var keepEmbedding: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability that an element of a token's vector is kept, once, before the first layer. (default: 1)",
      valueName: "probability"),
    transform: Bounded.positive(atMost: 1))
  var keepVectors: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability that a weight from state to state is kept for a batch. (default: 1)", valueName: "probability"),
    transform: Bounded.positive(atMost: 1))
  var keepRecurrent: Float?

  @Flag(help: "Drop the same elements at all steps of a batch.")
  var lockedDropout = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Initial weights are drawn uniformly between minus and plus this. (default: 0.1)", valueName: "bound"),
    transform: Bounded.positive(atMost: 1000))
  var initialRange: Float?

  @Option(
    help: ArgumentHelp(
      "How initial weights are drawn: uniform, glorot, or orthogonal (from state to state; the others glorot). (default: uniform)",
      valueName: "name"),
    transform: InitializerKind.named)
  var initializer: InitializerKind?

  func validate() throws {
    if initialRange != nil, let initializer, initializer != .uniform {
      throw ValidationError("--initial-range is for --initializer uniform; give one of them")
    }
    if layers != nil && (cell != nil || hidden != nil) {
      throw ValidationError("--layers cannot be combined with --cell or --hidden; give one of them")
    }
  }

  /// Writes the given flags into a configuration.
  ///
  /// - Throws: `ValidationError` if the model cannot be built.
  func apply(to model: inout LanguageModelConfiguration) throws {
    if let embedding { model.embeddingSize = embedding }
    try applyLayers(to: &model)
    if let outputLayer { (model.output.kind, model.output.sizes) = (outputLayer.kind, outputLayer.sizes) }
    if tied { model.output.isTied = true }
    if residual { model.isResidual = true }
    if let keep { (model.dropout.hidden, model.dropout.output) = (rate(keeping: keep), rate(keeping: keep)) }
    if let keepInput { model.dropout.layerInput = rate(keeping: keepInput) }
    if let keepEmbedding { model.dropout.embedding = rate(keeping: keepEmbedding) }
    if let keepVectors { model.dropout.input = rate(keeping: keepVectors) }
    if let keepRecurrent { model.dropout.weights = rate(keeping: keepRecurrent) }
    if lockedDropout { model.dropout.isVariational = true }
    if let initialRange { model.initializer = .uniform(initialRange) }
    initializer?.apply(to: &model)
  }

  /// The dropout rate that keeps a share, as written in decimal: 0.2 for 0.8.
  private func rate(keeping share: Float) -> Float { Float(1 - (Double("\(share)") ?? 1)) }

  private func applyLayers(to model: inout LanguageModelConfiguration) throws {
    if let layers { model.layers = layers }
    // Only a projected cell has a projection, so one is what is meant.
    if let cell = cell ?? (projection != nil && layers == nil ? .projectedLSTM : nil) {
      model.layers = model.layers.map { $0.of(cell) }
    }
    if let hidden {
      let first = model.layers[0]
      model.layers = hidden.map { LayerConfiguration(first.kind, $0, settings: first.settings) }
    } else if tied && layers == nil {
      // A size that nobody asked for gives way.
      model.layers[model.layers.count - 1].hiddenSize = model.embeddingSize
    }
    try set("forgetBias", to: forgetBias, of: &model.layers, flag: "--forget-bias")
    try set("outputSize", to: projection.map { Float($0) }, of: &model.layers, flag: "--projection")
    if let kind = model.layers.first(where: { $0.kind == "projected" && $0.settings["outputSize"] == nil })?.kind {
      throw ValidationError("layers of the kind \(kind) need --projection, the size that their outputs are projected to")
    }
  }

  /// Sets a setting of the layers whose kind has it.
  ///
  /// - Throws: `ValidationError` if there is none.
  private func set(_ name: String, to value: Float?, of layers: inout [LayerConfiguration], flag: String) throws {
    guard let value else { return }
    let kinds = CellKinds.standard.all.filter { $0.settings.contains { $0.name == name } }.map(\.name)
    guard layers.contains(where: { kinds.contains($0.kind) }) else {
      throw ValidationError(
        "\(flag) has no effect on layers of the kind \(layers.map(\.kind).joined(separator: ", ")); it needs --cell "
          + kinds.joined(separator: " or "))
    }
    for index in layers.indices where kinds.contains(layers[index].kind) { layers[index].settings[name] = Double(value) }
  }

  // MARK: Names

  static let cellNames = CellKinds.standard.all.map(\.name).joined(separator: ", ")

  @Sendable static func cellKind(_ name: String) throws -> CellKind {
    guard let kind = CellKinds.standard[name] else { throw ValidationError("expected one of \(cellNames)") }
    return kind
  }

  @Sendable private static func layerList(_ text: String) throws -> [LayerConfiguration] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { entry in
      let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let size = Int(parts[1]), (1...65536).contains(size) else {
        throw ValidationError("expected a kind and a size for each layer, as in lstm:400,gru:200, found '\(entry)'")
      }
      return LayerConfiguration(try cellKind(String(parts[0])), size)
    }
  }

  @Sendable static func output(_ text: String) throws -> OutputConfiguration {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let names = OutputKinds.standard.all.map(\.name)
    guard names.contains(String(parts[0])) else {
      throw ValidationError("expected one of \(names.joined(separator: ", ")), found '\(parts[0])'")
    }
    let sizes = parts.count < 2 ? [] : parts[1].split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !sizes.contains(nil) else {
      throw ValidationError("expected whole numbers behind '\(parts[0]):', found '\(parts[parts.count - 1])'")
    }
    return OutputConfiguration(String(parts[0]), sizes: sizes.compactMap(\.self))
  }
}

extension LayerConfiguration {
  /// A layer of another kind with the same size, and the settings that the kind has.
  fileprivate func of(_ kind: CellKind) -> LayerConfiguration {
    let names = kind.settings.map(\.name)
    return LayerConfiguration(kind, hiddenSize, settings: settings.filter { names.contains($0.key) })
  }
}
/// The names of the ways to draw weights on a command line.
enum InitializerKind: String, CaseIterable {
  case uniform, glorot, orthogonal

  @Sendable static func named(_ name: String) throws -> InitializerKind {
    guard let kind = InitializerKind(rawValue: name) else {
      throw ValidationError("expected one of \(allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return kind
  }

  func apply(to model: inout LanguageModelConfiguration) {
    switch self {
    case .uniform: break
    case .glorot: model.initializer = .glorotUniform
    case .orthogonal:
      model.initializer = .glorotUniform
      model.recurrentInitializer = .orthogonal
    }
  }
}
