import Foundation
import MynahModels
import MynahTensors
import SwiftProtobuf

/// A recurrent layer in the form of ONNX's operators LSTM, GRU and RNN: with their order of gates, and a first axis for
/// the one direction.
struct RecurrentOperator {
  let name: String
  let hiddenSize: Int
  /// The parts of the state: h, and c of LSTMs.
  let stateParts: [String]
  /// W [1, gates · H, I] and R [1, gates · H, H].
  let input, recurrent: Tensor
  /// B [1, 2 · gates · H]: the biases of both products.
  let bias: Tensor
  /// P [1, 3H], of i, o and f; nil if the gates do not read the cells.
  let peepholes: Tensor?
  let attributes: [ONNXAttribute]

  /// Creates the operator of a layer.
  ///
  /// - Parameter weights: The layer's parameters, in the order of their specs.
  /// - Throws: `ONNXError.unsupportedPart` if ONNX has no operator for the kind.
  init(_ kind: CellKind, _ shape: LayerShape, index: Int, weights: [Tensor]) throws(ONNXError) {
    guard let known = kind.interchange.onnx else { throw .unsupportedPart(part: "layer \(index)", kind: kind.title) }
    let parameters = ScanParameters(kind.parameters(shape).map(\.role))
    let order = { (tensor: Tensor) in tensor.reorderingBlocks(known.blockOrder) }
    func weight(_ index: Int?) -> Tensor { index.map { weights[$0] } ?? .zeros([0]) }
    (name, hiddenSize) = (known.name, shape.hiddenSize)
    stateParts = kind.state(shape).map { $0.key == "cell" ? "c" : "h" }
    input = Self.oneDirection(order(weight(parameters.inputWeight)))
    recurrent = Self.oneDirection(order(weight(parameters.recurrentWeight)))
    let first = weight(parameters.inputBias)
    let second = parameters.recurrentBias.map { weights[$0] } ?? .zeros(first.shape)
    bias = Self.oneDirection(.concatenating([order(first), order(second)]))
    peepholes = known.peepholeOrder.map { places in
      Self.oneDirection(.concatenating(places.map { weights[parameters.vectors[$0]] }))
    }
    var attributes: [ONNXAttribute] = []
    if let isLinear = known.isLinearBeforeReset {
      attributes.append(.with { ($0.name, $0.i, $0.type) = ("linear_before_reset", isLinear ? 1 : 0, .int) })
    }
    if let function = known.activation {
      attributes.append(.with { ($0.name, $0.strings, $0.type) = ("activations", [Data(function.utf8)], .strings) })
    }
    self.attributes = attributes
  }

  private static func oneDirection(_ tensor: Tensor) -> Tensor { tensor.reshaped(Shape([1] + tensor.shape.sizes)) }
}
