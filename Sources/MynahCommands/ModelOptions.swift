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
    help: ArgumentHelp("The kind of the recurrent layers: \(RecurrentKind.names). (default: lstm)", valueName: "name"),
    transform: RecurrentKind.named)
  var cell: RecurrentKind?

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
    if projection != nil, let cell, cell != .projected {
      throw ValidationError("--projection is for --cell projected, found --cell \(cell.rawValue)")
    }
  }

  /// Writes what was given into a configuration.
  ///
  /// - Throws: `ValidationError` if the model cannot be built.
  func apply(to model: inout LanguageModelConfiguration) throws {
    if let embedding { model.embeddingSize = embedding }
    try applyLayers(to: &model)
    if tied { model.isTied = true }
    if residual { model.isResidual = true }
    if let keep { model.outputKeepProbability = keep }
    if let keepInput { model.inputKeepProbability = keepInput }
    if let keepEmbedding { model.embeddingKeepProbability = keepEmbedding }
    if let keepVectors { model.vectorKeepProbability = keepVectors }
    if let keepRecurrent { model.weightKeepProbability = keepRecurrent }
    if lockedDropout { model.locksDropout = true }
    if let initialRange { model.initializer = .uniform(initialRange) }
    initializer?.apply(to: &model)
  }

  private func applyLayers(to model: inout LanguageModelConfiguration) throws {
    guard hidden != nil || cell != nil || forgetBias != nil || projection != nil || tied else { return }
    guard let first = model.recurrent.first else { return }
    let kind = cell ?? (projection == nil ? RecurrentKind(first) : .projected)
    var sizes = hidden ?? model.recurrent.map(\.hiddenSize)
    // A size that nobody asked for gives way.
    if tied && hidden == nil && kind != .projected { sizes[sizes.count - 1] = model.embeddingSize }
    if let forgetBias, !kind.hasForgetBias {
      throw ValidationError("--forget-bias \(forgetBias) is for kinds of LSTM, found --cell \(kind.rawValue)")
    }
    let projected: Int? = if case .projectedLSTM(_, let size, _) = first { size } else { nil }
    guard let outputSize = projection ?? projected ?? (kind == .projected ? nil : 0) else {
      throw ValidationError("--cell projected needs --projection with the size of the outputs")
    }
    let bias = forgetBias ?? first.forgetBias
    model.recurrent = sizes.map { kind.layer($0, forgetBias: bias, outputSize: outputSize) }
    if tied && model.recurrent.last?.outputSize != model.embeddingSize {
      throw ValidationError(
        "--tied needs a last layer of the embedding's size, found \(model.recurrent.last?.outputSize ?? 0) "
          + "and \(model.embeddingSize); set --hidden and --embedding")
    }
  }
}

/// The names of the kinds of recurrent layers on a command line.
enum RecurrentKind: String, CaseIterable {
  case lstm, rnn, relu, gru
  case gruResetBefore = "gru-reset-before"
  case peephole, coupled, projected

  static let names = allCases.map(\.rawValue).joined(separator: ", ")

  @Sendable static func named(_ name: String) throws -> RecurrentKind {
    guard let kind = RecurrentKind(rawValue: name) else { throw ValidationError("expected one of \(names)") }
    return kind
  }

  init(_ layer: RecurrentLayer) {
    self =
      switch layer {
      case .lstm: .lstm
      case .simple(_, .tanh): .rnn
      case .simple(_, .relu): .relu
      case .gru(_, .after): .gru
      case .gru(_, .before): .gruResetBefore
      case .peepholeLSTM: .peephole
      case .coupledLSTM: .coupled
      case .projectedLSTM: .projected
      }
  }

  var hasForgetBias: Bool { [.lstm, .peephole, .projected].contains(self) }

  func layer(_ size: Int, forgetBias: Float, outputSize: Int) -> RecurrentLayer {
    switch self {
    case .lstm: .lstm(size, forgetBias: forgetBias)
    case .rnn: .simple(size)
    case .relu: .simple(size, activation: .relu)
    case .gru: .gru(size)
    case .gruResetBefore: .gru(size, reset: .before)
    case .peephole: .peepholeLSTM(size, forgetBias: forgetBias)
    case .coupled: .coupledLSTM(size)
    case .projected: .projectedLSTM(size, to: outputSize, forgetBias: forgetBias)
    }
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
