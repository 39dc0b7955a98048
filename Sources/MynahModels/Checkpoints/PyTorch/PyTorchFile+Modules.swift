extension PyTorchFile {
  /// A module of a PyTorch model that was saved as a whole.
  public struct SavedModule: Hashable, Sendable {
    /// The name within the model: "rnns.0.module"; empty for the model itself.
    public let name: String
    /// The class with its Python module: "torch.nn.modules.rnn.LSTM".
    public let type: String
    /// The settings of a recurrent layer; nil for other modules.
    public let recurrent: RecurrentSettings?

    init(name: String, _ record: PickleRecord, attributes: [PickleEntry], in heap: PickleHeap) {
      (self.name, type) = (name, record.type.description)
      recurrent =
        record.kind == .recurrentLayer
        ? RecurrentSettings(className: record.type.name, attributes, in: heap) : nil
    }
  }

  /// The settings of an `nn.LSTM`, `nn.GRU` or `nn.RNN`, from its attributes; nil for a missing attribute.
  public struct RecurrentSettings: Hashable, Sendable {
    /// The kind of cell: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
    public let mode: String?
    /// The activation of an `nn.RNN`: "tanh" or "relu".
    public let nonlinearity: String?
    /// The number of layers.
    public let layerCount: Int?
    /// The size of each direction's projected output; 0: it is not projected.
    public let projectionSize: Int?
    /// A Boolean value indicating whether the layers also read backwards.
    public let isBidirectional: Bool?
    /// A Boolean value indicating whether the batch is the first axis of the input.
    public let isBatchFirst: Bool?
    /// A Boolean value indicating whether the layers have biases.
    public let hasBias: Bool?
    /// The dropout rate between the layers.
    public let dropout: Double?

    init(className: String, _ attributes: [PickleEntry], in heap: PickleHeap) {
      func text(_ key: String) -> String? {
        if case .string(let text)? = heap.value(of: key, in: attributes) { text } else { nil }
      }
      func number(_ key: String) -> Int? {
        if case .integer(let number)? = heap.value(of: key, in: attributes) { number } else { nil }
      }
      func flag(_ key: String) -> Bool? {
        if case .bool(let flag)? = heap.value(of: key, in: attributes) { flag } else { nil }
      }
      let mode = text("mode") ?? (["LSTM", "GRU"].contains(className) ? className : nil)
      self.mode = mode
      // Older versions store the activation only in the mode.
      let implied = ["RNN_TANH": "tanh", "RNN_RELU": "relu"]
      nonlinearity = mode.flatMap { implied[$0] } ?? text("nonlinearity")
      (layerCount, projectionSize) = (number("num_layers"), number("proj_size"))
      (isBidirectional, isBatchFirst, hasBias) = (flag("bidirectional"), flag("batch_first"), flag("bias"))
      switch heap.value(of: "dropout", in: attributes) {
      case .float(let rate): dropout = rate
      case .integer(let rate): dropout = Double(rate)
      default: dropout = nil
      }
    }
  }
}
