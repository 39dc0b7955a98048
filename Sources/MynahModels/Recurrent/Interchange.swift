/// The modules, layers and operators of other programs that correspond to a kind of cell; nil if there is none.
///
/// Imports and exports read these descriptions, so a new kind only has to provide its own.
package struct Interchange: Sendable {
  package var pyTorch: PyTorchModule?
  package var keras: KerasLayer?
  package var onnx: ONNXOperator?

  package init(pyTorch: PyTorchModule? = nil, keras: KerasLayer? = nil, onnx: ONNXOperator? = nil) {
    (self.pyTorch, self.keras, self.onnx) = (pyTorch, keras, onnx)
  }
}

/// A recurrent module of PyTorch, whose parameters have the same names and layouts as the kind's.
package struct PyTorchModule: Hashable, Sendable {
  /// The class in `torch.nn`: "LSTM".
  package let name: String
  /// The number of blocks of H rows in the weights.
  package let blockCount: Int
  /// A Boolean value indicating whether the output is projected (`proj_size`).
  package let isProjected: Bool
  /// The `nonlinearity` of an `nn.RNN`; nil for other classes.
  package let activation: String?

  init(_ name: String, blockCount: Int, isProjected: Bool = false, activation: String? = nil) {
    (self.name, self.blockCount, self.isProjected, self.activation) = (name, blockCount, isProjected, activation)
  }
}

/// A recurrent layer of Keras.
package struct KerasLayer: Hashable, Sendable {
  /// The number of blocks of H columns in the kernels.
  package let blockCount: Int
  /// For each block of the kind's weights, its index in Keras's weights; nil for an LSTM, whose order of gates is
  /// `KerasLayout.gateOrder`.
  package let blockOrder: [Int]?
  /// The number of bias vectors.
  package let biasCount: Int

  /// Creates a layer with the gates of an LSTM.
  init(blockCount: Int) { (self.blockCount, blockOrder, biasCount) = (blockCount, nil, 1) }

  init(blockOrder: [Int], biasCount: Int = 1) {
    (blockCount, self.blockOrder, self.biasCount) = (blockOrder.count, blockOrder, biasCount)
  }
}

/// A recurrent operator of ONNX.
package struct ONNXOperator: Hashable, Sendable {
  /// The operator: "LSTM".
  package let name: String
  /// For each block of the operator's weights, its index in the kind's weights.
  package let blockOrder: [Int]
  /// For each vector of the operator's peepholes, its index among the kind's parameters of the role `other`; nil: none.
  package let peepholeOrder: [Int]?
  /// The activation function; nil: the operator's default.
  package let activation: String?
  /// The GRU's attribute `linear_before_reset`; nil for other operators.
  package let isLinearBeforeReset: Bool?

  init(
    _ name: String, blockOrder: [Int], peepholeOrder: [Int]? = nil, activation: String? = nil,
    isLinearBeforeReset: Bool? = nil
  ) {
    (self.name, self.blockOrder, self.peepholeOrder) = (name, blockOrder, peepholeOrder)
    (self.activation, self.isLinearBeforeReset) = (activation, isLinearBeforeReset)
  }
}
