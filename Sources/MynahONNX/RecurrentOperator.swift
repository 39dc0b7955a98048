import Foundation
import MynahModels
import MynahTensors
import SwiftProtobuf

/// A recurrent layer in the form of ONNX's operators LSTM, GRU and RNN: their order of gates, an axis of one direction in front.
struct RecurrentOperator {
  let name: String
  let hiddenSize: Int
  /// The parts of the state: h, and c of LSTMs.
  let stateParts: [String]
  /// W [1, gates · H, I] and R [1, gates · H, H].
  let input, recurrent: Tensor
  /// B [1, 2 · gates · H]: the biases of both products.
  let bias: Tensor
  /// P [1, 3H], of i, o and f; nil where gates do not see the cells.
  let peepholes: Tensor?
  let attributes: [ONNXAttribute]

  /// - Parameter weights: The layer's parameters by the names that they have in it.
  /// - Throws: `ONNXError.unsupportedLayer`.
  init(_ layer: RecurrentLayer, index: Int, weights: [String: Tensor]) throws(ONNXError) {
    func weight(_ name: String) -> Tensor { weights[name] ?? .zeros([0]) }
    let order: @Sendable (Tensor) -> Tensor
    var (peepholes, attributes): (Tensor?, [ONNXAttribute]) = (nil, [])
    switch layer {
    case .lstm, .peepholeLSTM:
      (name, stateParts) = ("LSTM", ["h", "c"])
      order = { GateOrder.standard.converting($0, to: .onnx) }
      if case .peepholeLSTM = layer {
        peepholes = Self.oneDirection(
          .concatenating(["i", "o", "f"].map { weight("peephole_\($0)_l0") }))
      }
    case .gru(_, let reset):
      (name, stateParts) = ("GRU", ["h"])
      // r, z, n to z, r, n.
      order = { gates in
        let size = gates.shape[0] / 3
        return .concatenating([1, 0, 2].map { gates.slice($0 * size..<($0 + 1) * size) })
      }
      let isAfter = reset == .after
      attributes.append(.with { ($0.name, $0.i, $0.type) = ("linear_before_reset", isAfter ? 1 : 0, .int) })
    case .simple(_, let activation):
      (name, stateParts) = ("RNN", ["h"])
      order = { $0 }
      let function = activation == .tanh ? "Tanh" : "Relu"
      attributes.append(.with { ($0.name, $0.strings, $0.type) = ("activations", [Data(function.utf8)], .strings) })
    case .coupledLSTM, .projectedLSTM:
      throw .unsupportedLayer(layer: index, kind: layer.name)
    }
    hiddenSize = layer.hiddenSize
    input = Self.oneDirection(order(weight("weight_ih_l0")))
    recurrent = Self.oneDirection(order(weight("weight_hh_l0")))
    let first = weight("bias_ih_l0")
    let second = weights["bias_hh_l0"] ?? .zeros(first.shape)
    bias = Self.oneDirection(.concatenating([order(first), order(second)]))
    (self.peepholes, self.attributes) = (peepholes, attributes)
  }

  private static func oneDirection(_ tensor: Tensor) -> Tensor { tensor.reshaped(Shape([1] + tensor.shape.sizes)) }
}
