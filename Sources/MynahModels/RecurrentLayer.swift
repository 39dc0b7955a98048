import MynahTensors

/// A recurrent layer of a model: its kind and its size.
public enum RecurrentLayer: Hashable, Sendable {
  /// An LSTM of so many hidden units; its forget gates' biases begin at `forgetBias`, all others at 0.
  case lstm(Int, forgetBias: Float = 0)
  /// A simple recurrent network.
  case simple(Int, activation: SimpleRNNCell.Activation = .tanh)
  /// An LSTM whose gates see the cells.
  case peepholeLSTM(Int, forgetBias: Float = 0)
  /// An LSTM that forgets as much as it takes in.
  case coupledLSTM(Int)
  /// An LSTM whose output is projected to fewer numbers.
  case projectedLSTM(Int, to: Int, forgetBias: Float = 0)
  /// A gated recurrent unit.
  case gru(Int, reset: GRUCell.Reset = .after)

  /// H, the number of units.
  public var hiddenSize: Int {
    switch self {
    case .lstm(let size, _), .simple(let size, _), .peepholeLSTM(let size, _), .coupledLSTM(let size),
      .projectedLSTM(let size, _, _), .gru(let size, _):
      size
    }
  }

  /// The size of the output: H unless it is projected.
  public var outputSize: Int {
    if case .projectedLSTM(_, let size, _) = self { size } else { hiddenSize }
  }

  /// What the forget gates' biases begin at; 0 where there are none.
  public var forgetBias: Float {
    switch self {
    case .lstm(_, let bias), .peepholeLSTM(_, let bias), .projectedLSTM(_, _, let bias): bias
    case .simple, .coupledLSTM, .gru: 0
    }
  }

  /// What the layer is called: "LSTM".
  public var name: String {
    switch self {
    case .lstm: "LSTM"
    case .simple(_, .tanh): "RNN"
    case .simple(_, .relu): "RNN, relu"
    case .peepholeLSTM: "peephole LSTM"
    case .coupledLSTM: "coupled LSTM"
    case .projectedLSTM: "projected LSTM"
    case .gru(_, .after): "GRU"
    case .gru(_, .before): "GRU, reset before"
    }
  }

  /// The multiplications of a step with one row.
  func multiplicationCount(inputSize: Int) -> Int {
    parameterShapes(inputSize: inputSize).reduce(0) { $0 + ($1.shape.rank == 2 ? $1.shape.elementCount : 0) }
  }
}

// MARK: Coding

// Coded as {"hiddenSize": 256, "kind": "lstm"}; what else a kind has is written where it is not what it usually is.
extension RecurrentLayer: Codable {
  private struct Coded: Codable {
    enum Kind: String, Codable { case lstm, simple, peepholeLSTM, coupledLSTM, projectedLSTM, gru }
    var kind: Kind
    var hiddenSize: Int
    var forgetBias: Float?
    var activation: SimpleRNNCell.Activation?
    var reset: GRUCell.Reset?
    var outputSize: Int?
  }

  public init(from decoder: any Decoder) throws {
    let coded = try Coded(from: decoder)
    let (size, forgetBias) = (coded.hiddenSize, coded.forgetBias ?? 0)
    switch coded.kind {
    case .lstm: self = .lstm(size, forgetBias: forgetBias)
    case .simple: self = .simple(size, activation: coded.activation ?? .tanh)
    case .peepholeLSTM: self = .peepholeLSTM(size, forgetBias: forgetBias)
    case .coupledLSTM: self = .coupledLSTM(size)
    case .projectedLSTM: self = .projectedLSTM(size, to: coded.outputSize ?? size, forgetBias: forgetBias)
    case .gru: self = .gru(size, reset: coded.reset ?? .after)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var coded = Coded(kind: .lstm, hiddenSize: hiddenSize)
    if forgetBias != 0 { coded.forgetBias = forgetBias }
    switch self {
    case .lstm: break
    case .simple(_, let activation):
      coded.kind = .simple
      if activation != .tanh { coded.activation = activation }
    case .peepholeLSTM: coded.kind = .peepholeLSTM
    case .coupledLSTM: coded.kind = .coupledLSTM
    case .projectedLSTM(_, let outputSize, _):
      coded.kind = .projectedLSTM
      coded.outputSize = outputSize
    case .gru(_, let reset):
      coded.kind = .gru
      if reset != .after { coded.reset = reset }
    }
    try coded.encode(to: encoder)
  }
}
