import MynahIO
public import MynahTensors

/// A gate of the LSTM.
public enum Gate: String, CaseIterable, Sendable {
  case input, forget, candidate, output
}

/// The order in which the gates' rows are packed into one matrix; every toolkit has its own.
public struct GateOrder: Hashable, Sendable {
  /// The gates, in the order of their rows.
  public let gates: [Gate]

  /// i, f, g, o: Mynah's own, and PyTorch's.
  public static let standard = GateOrder(gates: [.input, .forget, .candidate, .output])
  /// i, f, c, o: Keras's; the same order, but kernels are transposed there.
  public static let keras = standard
  /// i, j, f, o: TensorFlow's BasicLSTMCell, j being the candidate.
  public static let tensorFlow = GateOrder(gates: [.input, .candidate, .forget, .output])

  /// i, o, f, c: ONNX's operator LSTM.
  public static let onnx = GateOrder(gates: [.input, .output, .forget, .candidate])

  /// The index of each gate in the standard order.
  var standardIndices: [Int] { gates.map { Self.standard.index(of: $0) } }

  /// Returns the index of a gate.
  public func index(of gate: Gate) -> Int { gates.firstIndex(of: gate) ?? 0 }

  /// Reorders the rows of a packed matrix [4H, …] or vector [4H] from this order into another.
  ///
  /// - Precondition: the first axis is a multiple of 4.
  public func converting(_ packed: Tensor, to other: GateOrder) -> Tensor {
    require(packed.shape[0].isMultiple(of: 4), "packed gates need 4·H rows, found shape \(packed.shape)")
    return packed.reorderingBlocks(other.gates.map { index(of: $0) })
  }
}

extension Tensor {
  /// Returns equal blocks of rows in another order: block `i` of the result is block `order[i]`.
  package func reorderingBlocks(_ order: [Int]) -> Tensor {
    let (block, elements) = (shape.elementCount / order.count, elements)
    return Tensor(shape: shape, order.flatMap { elements[$0 * block..<($0 + 1) * block] })
  }
}
