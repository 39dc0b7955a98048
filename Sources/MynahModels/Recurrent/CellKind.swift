import MynahIO
public import MynahTensors

/// A kind of recurrent cell: its name, its settings, its parameters, and the cell itself.
///
/// A custom kind is one value. `ModelKinds.standard.adding(_:)` adds it to the kinds that models, files and training
/// accept:
///
/// ```swift
/// extension CellKind {
///   static let leaky = CellKind(
///     "leaky", title: "leaky RNN", settings: [CellSetting("kept", default: 0.5, in: 0...1)],
///     parameters: { layer in
///       let (input, hidden) = (layer.inputSize, layer.hiddenSize)
///       return [
///         ParameterSpec("weight_ih_l0", [hidden, input], .inputWeight),
///         ParameterSpec("weight_hh_l0", [hidden, hidden], .recurrentWeight),
///         ParameterSpec("bias_ih_l0", [hidden], .bias()),
///       ]
///     },
///     cell: { LeakyCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2], kept: Float($0["kept"])) })
/// }
/// ```
public struct CellKind: Sendable {
  /// The name in model files and user input: "lstm".
  public let name: String
  /// The name in summaries: "LSTM".
  public let title: String
  /// The settings that a layer of this kind has besides its size.
  public let settings: [CellSetting]
  /// The size of a layer's output; by default its hidden size.
  public let outputSize: @Sendable (LayerShape) -> Int
  /// The names and sizes of the parts of a layer's state, in order; by default `hidden`, the output of the last step.
  public let state: @Sendable (LayerShape) -> KeyValuePairs<String, Int>
  /// The parameters of a layer, in order.
  public let parameters: @Sendable (LayerShape) -> [ParameterSpec]
  /// The cell of a layer, created from its parameters in the order of `parameters`.
  public let cell: @Sendable (LayerShape, [Variable]) -> any RecurrentCell
  /// The fused kernels of a layer; nil: passes run the cell's own operations, which is slower.
  package var scan: (@Sendable (LayerShape) -> ScanKernel)?
  /// The corresponding modules and layers of other programs.
  package var interchange = Interchange()

  /// Creates a kind.
  ///
  /// - Parameters:
  ///   - name: The name in model files and user input: lower case, without ":" and ",".
  ///   - title: The name in summaries; by default the name.
  ///   - settings: The settings that a layer has besides its size.
  ///   - outputSize: The size of a layer's output; by default its hidden size.
  ///   - state: The names and sizes of the parts of a layer's state; by default `hidden` alone, of the output's size.
  ///   - parameters: The parameters of a layer.
  ///   - cell: The cell of a layer, created from its parameters.
  public init(
    _ name: String, title: String? = nil, settings: [CellSetting] = [],
    outputSize: @escaping @Sendable (LayerShape) -> Int = { $0.hiddenSize },
    state: (@Sendable (LayerShape) -> KeyValuePairs<String, Int>)? = nil,
    parameters: @escaping @Sendable (LayerShape) -> [ParameterSpec],
    cell: @escaping @Sendable (LayerShape, [Variable]) -> any RecurrentCell
  ) {
    (self.name, self.title, self.settings) = (name, title ?? name, settings)
    self.outputSize = outputSize
    self.state = state ?? { ["hidden": outputSize($0)] }
    (self.parameters, self.cell) = (parameters, cell)
  }
}

/// A setting of a kind of cell: a number that its layers have besides their size.
public struct CellSetting: Hashable, Sendable {
  /// The name in model files: "forgetBias".
  public let name: String
  /// The value for layers that do not set it; nil: every layer must set it.
  public let defaultValue: Double?
  /// The allowed values.
  public let range: ClosedRange<Double>
  /// A Boolean value indicating whether the value must be a whole number.
  public let isWhole: Bool

  /// Creates a setting.
  public init(
    _ name: String, default defaultValue: Double? = nil, in range: ClosedRange<Double>, isWhole: Bool = false
  ) {
    (self.name, self.defaultValue, self.range, self.isWhole) = (name, defaultValue, range, isWhole)
  }

  /// Returns a Boolean value indicating whether a value is allowed.
  func allows(_ value: Double) -> Bool {
    range.contains(value) && (!isWhole || value == value.rounded(.towardZero))
  }
}

/// The sizes and settings of one layer: everything that its parameters' shapes depend on.
public struct LayerShape: Hashable, Sendable {
  /// I, the size of the inputs.
  public let inputSize: Int
  /// H, the number of hidden units.
  public let hiddenSize: Int
  private let settings: [String: Double]

  /// Creates the shape of a layer whose settings are those of the kind (see `LayerConfiguration.kind(in:)`).
  init(_ configuration: LayerConfiguration, of kind: CellKind, inputSize: Int) {
    (self.inputSize, hiddenSize) = (inputSize, configuration.hiddenSize)
    let defaults = kind.settings.compactMap { setting in setting.defaultValue.map { (setting.name, $0) } }
    settings = configuration.settings.merging(defaults) { own, _ in own }
  }

  /// Returns the shape of a layer with inputs of another size.
  func reading(_ inputSize: Int) -> LayerShape {
    LayerShape(inputSize: inputSize, hiddenSize: hiddenSize, settings: settings)
  }

  private init(inputSize: Int, hiddenSize: Int, settings: [String: Double]) {
    (self.inputSize, self.hiddenSize, self.settings) = (inputSize, hiddenSize, settings)
  }

  /// The value of a setting.
  ///
  /// - Precondition: the kind has the setting.
  public subscript(setting: String) -> Double {
    guard let value = settings[setting] else { requirementFailure("the layer has no setting '\(setting)'") }
    return value
  }
}

// MARK: Lists

/// The kinds of cells that models can have.
///
/// There is no global registry: code that builds or reads a model passes the kinds that it accepts.
public struct CellKinds: Sendable {
  /// The kinds, in the order in which they are listed.
  public private(set) var all: [CellKind]

  /// The built-in kinds.
  public static let standard = CellKinds(all: [
    .lstm, .rnn, .reluRNN, .gru, .gruResetBefore, .peepholeLSTM, .coupledLSTM, .cappedLSTM, .projectedLSTM,
    .mogrifierLSTM, .minGRU, .sru, .qrnn,
  ])

  /// Returns the list with one more kind, which replaces a kind of the same name.
  public func adding(_ kind: CellKind) -> CellKinds { CellKinds(all: all.filter { $0.name != kind.name } + [kind]) }

  /// The kind with the given name; nil if there is none.
  public subscript(name: String) -> CellKind? { all.first { $0.name == name } }

  private init(all: [CellKind]) { self.all = all }
}
