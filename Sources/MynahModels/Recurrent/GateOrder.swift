public import MynahTensors

/// A gate of the LSTM.
public enum Gate: String, CaseIterable, Sendable {
  case input, forget, candidate, output
}

/// The order in which the gates' rows are packed into one matrix; every toolkit has its own.
public struct GateOrder: Hashable, Sendable {
  /// The gates, first rows first.
  public let gates: [Gate]

  /// i, f, g, o: Mynah's own, and PyTorch's.
  public static let standard = GateOrder(gates: [.input, .forget, .candidate, .output])
  /// i, f, c, o: Keras's; the same order, but kernels are transposed there.
  public static let keras = standard
  /// i, j, f, o: TensorFlow's BasicLSTMCell, j being the candidate.
  public static let tensorFlow = GateOrder(gates: [.input, .candidate, .forget, .output])

  /// The place of a gate.
  public func index(of gate: Gate) -> Int { gates.firstIndex(of: gate) ?? 0 }

  /// Reorders the rows of a packed matrix [4H, …] or vector [4H] from this order into another.
  ///
  /// - Precondition: the first axis is a multiple of 4.
  public func converting(_ packed: Tensor, to other: GateOrder) -> Tensor {
    let rows = packed.shape[0]
    precondition(rows.isMultiple(of: 4), "packed gates need 4·H rows, found shape \(packed.shape)")
    let block = packed.shape.elementCount / 4
    let elements = packed.elements
    return Tensor(
      shape: packed.shape,
      other.gates.flatMap { gate in elements[index(of: gate) * block..<(index(of: gate) + 1) * block] })
  }
}
