import ArgumentParser
import MynahModels

/// The flags of the model's shape, its initial weights and its dropout.
struct ModelOptions: ConditionalFlags, RunOptions {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The embedding size. (default: from the text's size)", valueName: "size"),
    transform: Bounded.integer(1...65536))
  var embedding: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The sizes of the recurrent layers, from input to output: 256 or 128,64. (default: from the text's size)",
      valueName: "sizes"),
    transform: Bounded.integers(1...65536, atMost: 64))
  var hidden: [Int]?

  @Option(
    help: ArgumentHelp("The kind of the recurrent layers: \(Self.cellNames). (default: lstm)", valueName: "name"),
    completion: .list(CellKinds.standard.all.map(\.name)), transform: Self.cellKind)
  var cell: CellKind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The kind and size of each recurrent layer, from input to output: lstm:400,gru:200. Replaces --cell and "
        + "--hidden.",
      valueName: "layers"),
    transform: Self.layerList)
  var layers: [LayerConfiguration]?

  @Option(
    help: ArgumentHelp(
      "The output layer: softmax, adaptive:CUTOFF,… (the first token of each cluster of rare tokens) or "
        + "mixture:K[,SIZE] (K softmaxes). (default: softmax)",
      valueName: "layer"),
    completion: .list(OutputKinds.standard.all.map(\.name)), transform: Self.output)
  var outputLayer: OutputConfiguration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The initial bias of the forget gates, often 1. (default: 0)", valueName: "number"),
    transform: Bounded.number(-1000...1000))
  var forgetBias: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The size that LSTM layers project their outputs to; needs --cell projected.", valueName: "size"),
    transform: Bounded.integer(1...65536))
  var projection: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number of inputs that a step of a QRNN layer reads, 1 or 2: one number for all of these layers, or one for "
        + "each, from input to output, as in 2,1,1; needs --cell qrnn. (default: 1)",
      valueName: "numbers"),
    transform: Bounded.integers(1...2, atMost: 64))
  var window: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number of rounds in which inputs and states of mogrifier LSTMs gate each other. (default: 5)",
      valueName: "number"),
    transform: Bounded.integer(0...16))
  var rounds: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The rank to which the matrices of these rounds are factorised. (default: not factorised)", valueName: "number"),
    transform: Bounded.integer(1...65536))
  var rank: Int?

  @Flag(help: "Cap the input gates of mogrifier LSTMs: at most 1 − f, where f is the forget gate.")
  var capInputGate = false

  @Flag(
    help: "Tie the output weights to the embedding; the last layer then has the embedding's size.")
  var tied = false

  @Flag(
    help: "Add a recurrent layer's inputs to its outputs where their sizes agree.")
  var residual = false

  @Flag(
    help: "Pass the sum of all recurrent layers' outputs to the output layer, instead of only those of the last layer.")
  var skipConnections = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The dropout rate of the recurrent layers' outputs: the probability of dropping an element in training. "
        + "(default: from the text's size)",
      valueName: "rate"),
    transform: Bounded.rate)
  var dropout: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The dropout rate of the outputs of every recurrent layer but the last. (default: as --dropout)",
      valueName: "rate"),
    transform: Bounded.rate)
  var dropoutHidden: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The dropout rate of the embeddings' elements, once before the first layer. (default: 0)", valueName: "rate"),
    transform: Bounded.rate)
  var dropoutInput: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The dropout rate of every recurrent layer's inputs. (default: 0)", valueName: "rate"),
    transform: Bounded.rate)
  var dropoutLayerInput: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Embedding dropout: the rate of dropping a token's embedding at all its positions in a batch. (default: 0)",
      valueName: "rate"),
    transform: Bounded.rate)
  var dropoutEmbedding: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The dropout rate of the components' vectors of a mixture of softmaxes. (default: 0)", valueName: "rate"),
    transform: Bounded.rate)
  var dropoutLatent: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Weight drop (DropConnect): the rate of dropping a recurrent weight for a batch, or an input weight in layers "
        + "without recurrent ones. (default: 0)",
      valueName: "rate"),
    transform: Bounded.rate)
  var dropoutWeights: Float?

  @Flag(
    help: "Drop the same elements at all steps of a batch (variational or locked dropout).")
  var variationalDropout = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Draw initial weights uniformly from minus to plus this bound. (default: 0.1)", valueName: "bound"),
    transform: Bounded.positive(atMost: 1000))
  var initialRange: Float?

  @Option(
    help: ArgumentHelp(
      "The initializer: uniform, glorot, orthogonal (recurrent weights; the others glorot), or pytorch (uniform within "
        + "1/√n of 0, n being the hidden size, or the columns of other matrices). (default: uniform)",
      valueName: "name"),
    transform: InitializerKind.named)
  var initializer: InitializerKind?

  @Option(
    help: ArgumentHelp(
      "The initializer of the embeddings: uniform:BOUND, glorot, orthogonal, pytorch or zeros. "
        + "(default: as --initializer)",
      valueName: "initializer"),
    transform: Initializer.flag)
  var embeddingInitializer: Initializer?

  @Option(
    help: ArgumentHelp(
      "The initializer of the output layer's weights, whose biases are then 0: uniform:BOUND, glorot, orthogonal, "
        + "pytorch or zeros. (default: as --initializer)",
      valueName: "initializer"),
    transform: Initializer.flag)
  var outputInitializer: Initializer?

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
      throw ValidationError("expected whole numbers after '\(parts[0]):', found '\(parts[parts.count - 1])'")
    }
    return OutputConfiguration(String(parts[0]), sizes: sizes.compactMap(\.self))
  }
}

/// The initializers, by name.
enum InitializerKind: String, CaseIterable {
  case uniform, glorot, orthogonal, pytorch

  @Sendable static func named(_ name: String) throws -> InitializerKind {
    guard let kind = InitializerKind(rawValue: name) else {
      throw ValidationError("expected one of \(allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return kind
  }

  /// Determines the initializer of a model's weights; nil if it has no name on the command line.
  init?(_ model: LanguageModelConfiguration) {
    switch (model.initializer, model.recurrentInitializer) {
    case (.uniform, nil): self = .uniform
    case (.glorotUniform, nil): self = .glorot
    case (.glorotUniform, .orthogonal): self = .orthogonal
    case (.pyTorch, nil): self = .pytorch
    default: return nil
    }
  }

  func apply(to model: inout LanguageModelConfiguration) {
    switch self {
    case .uniform: break
    case .glorot: model.initializer = .glorotUniform
    case .orthogonal:
      model.initializer = .glorotUniform
      model.recurrentInitializer = .orthogonal
    case .pytorch:
      model.initializer = .pyTorch
      model.recurrentBiasInitializer = .pyTorch
    }
  }
}

extension Initializer {
  /// Returns the initializer that a flag names.
  @Sendable static func flag(_ text: String) throws -> Initializer {
    switch text {
    case "glorot": return .glorotUniform
    case "orthogonal": return .orthogonal
    case "pytorch": return .pyTorch
    case "zeros": return .zeros
    default:
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts[0] == "uniform", parts.count == 2 else {
        throw ValidationError("expected uniform:BOUND (such as uniform:0.05), glorot, orthogonal, pytorch or zeros")
      }
      return .uniform(try Bounded.positive(atMost: 1000)(String(parts[1])))
    }
  }

  /// The initializer as the value of a flag: "uniform:0.05".
  var flagValue: String {
    switch self {
    case .uniform(let bound): "uniform:\(bound)"
    case .glorotUniform: "glorot"
    case .orthogonal: "orthogonal"
    case .pyTorch: "pytorch"
    case .zeros: "zeros"
    }
  }
}
