import MynahModels
import MynahTensors
import TestSupport
import Testing

struct GateOrderTests {
  static let orders = [GateOrder.standard, .keras, .tensorFlow, .onnx]

  @Test("TensorFlow's rows i, j, f, o become i, f, g, o, in matrices and vectors")
  func tensorFlow() {
    let packed = Tensor(shape: [8, 1], [0, 1, 10, 11, 20, 21, 30, 31])
    #expect(
      GateOrder.tensorFlow.converting(packed, to: .standard) == Tensor(shape: [8, 1], [0, 1, 20, 21, 10, 11, 30, 31]))
    #expect(GateOrder.standard.converting(Tensor([1, 2, 3, 4]), to: .tensorFlow) == Tensor([1, 3, 2, 4]))
    #expect(GateOrder.keras.converting(packed, to: .standard) == packed)
  }

  @Test("Converting to another gate order and back preserves the bits", arguments: orders, orders)
  func thereAndBack(from: GateOrder, to: GateOrder) {
    var random = RandomSource(seed: 3)
    for shape in [[4], [20], [12, 5], [0, 3], [4, 2, 3]] as [Shape] {
      let packed = Tensor.random(shape, using: &random)
      #expect(to.converting(from.converting(packed, to: to), to: from) == packed)
    }
  }

  @Test("Each order contains every gate once and returns its index", arguments: orders)
  func gates(order: GateOrder) {
    #expect(Set(order.gates) == Set(Gate.allCases) && order.gates.count == 4)
    for (place, gate) in order.gates.enumerated() { #expect(order.index(of: gate) == place) }
  }
}
