public import MynahTensors

/// One step of a gated recurrent unit.
///
///     r, z = σ(W_ih x + b + W_hh h + d)
///     n = tanh(W_in x + b_n + r ⊙ (W_hn h + d_n))        reset after the product
///     n = tanh(W_in x + b_n + W_hn (r ⊙ h))              reset before it
///     h' = (1 − z) ⊙ n + z ⊙ h
///
/// K. Cho et al., "Learning phrase representations using RNN encoder–decoder", 2014, resets before the product, as does Keras with
/// `reset_after=False`. PyTorch, cuDNN and Keras by default reset after it, which leaves one product for all gates and needs a
/// second bias d.
public struct GRUCell: RecurrentCell {
  /// Where the reset gate acts.
  public enum Reset: String, Codable, CaseIterable, Sendable {
    /// On the product with the recurrent weights.
    case after
    /// On the state, before it is multiplied.
    case before
  }

  /// W_ih, shape [3H, I]: the rows of r, z and n one below the other, as in PyTorch.
  public var inputWeight: Variable
  /// W_hh, shape [3H, H].
  public var recurrentWeight: Variable
  /// b, shape [3H].
  public var inputBias: Variable
  /// d, shape [3H]; nil where the gate resets before the product.
  public var recurrentBias: Variable?

  /// Creates a cell from its weights: one that resets after the product if there is a second bias, else before it.
  public init(inputWeight: Variable, recurrentWeight: Variable, inputBias: Variable, recurrentBias: Variable?) {
    self.inputWeight = inputWeight
    self.recurrentWeight = recurrentWeight
    self.inputBias = inputBias
    self.recurrentBias = recurrentBias
  }

  /// Where the reset gate acts.
  public var reset: Reset { recurrentBias == nil ? .before : .after }

  public var inputSize: Int { inputWeight.shape[1] }
  public var hiddenSize: Int { recurrentWeight.shape[1] }

  /// W_ih x + b: [N, I] → [N, 3H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + inputBias }

  public func step(_ projection: Variable, state: HiddenState) -> HiddenState {
    let (size, h) = (hiddenSize, state.hidden)
    let update: Variable
    let candidate: Variable
    if let recurrentBias {
      let sums = h.product(with: recurrentWeight) + recurrentBias
      let reset = (projection.gate(0, size: size) + sums.gate(0, size: size)).sigmoid()
      update = (projection.gate(1, size: size) + sums.gate(1, size: size)).sigmoid()
      candidate = (projection.gate(2, size: size) + reset * sums.gate(2, size: size)).tanh()
    } else {
      let sums = h.product(with: recurrentWeight.slice(0..<2 * size))
      let reset = (projection.gate(0, size: size) + sums.gate(0, size: size)).sigmoid()
      update = (projection.gate(1, size: size) + sums.gate(1, size: size)).sigmoid()
      let kept = (reset * h).product(with: recurrentWeight.slice(2 * size..<3 * size))
      candidate = (projection.gate(2, size: size) + kept).tanh()
    }
    return HiddenState(hidden: (1 - update) * candidate + update * h)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "weight_ih_l0", &inputWeight)
    try body(prefix + "weight_hh_l0", &recurrentWeight)
    try body(prefix + "bias_ih_l0", &inputBias)
    if var bias = recurrentBias {
      recurrentBias = nil  // so that nobody else holds it while it is changed
      try body(prefix + "bias_hh_l0", &bias)
      recurrentBias = bias
    }
  }
}
