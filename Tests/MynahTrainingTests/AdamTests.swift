import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

struct AdamTests {
  @Test("Two steps match the values computed by hand")
  func byHand() {
    // m 0.05, v 0.00025; corrected 0.5 and 0.25: 1 − 0.1·0.5/0.5 = 0.9.
    // m 0.02, v 0.00031225; corrected 0.02/0.19 = 0.10526316 and 0.00031225/0.001999 = 0.15620310, its root 0.39522538:
    // 0.9 − 0.1·0.10526316/0.39522538 = 0.87336614.
    var layer = Embedding(weight: Variable(Tensor(shape: [1, 1], [1])))
    var adam = Optimizer(.adam)
    for (gradient, expected) in [(0.5, 0.9), (-0.25, 0.87336614)] as [(Float, Float)] {
      adam.update(&layer, gradients: [.dense(Tensor(shape: [1, 1], [gradient]))], rate: 0.1)
      #expect(abs(layer.weight.value.scalar - expected) < 2e-7)
    }
    #expect(adam.stepCount == 2)
  }

  @Test(
    "The first step moves each weight by the rate, whatever its gradient's size, unless the gradient is zero")
  func firstStep() {
    var layer = Embedding(weight: Variable(Tensor(shape: [1, 4], [1, 1, 1, 1])))
    var adam = Optimizer(.adam)
    adam.update(&layer, gradients: [.dense(Tensor(shape: [1, 4], [1e-3, 1e6, -7, 0]))], rate: 0.125)
    let expected: [Float] = [0.875, 0.875, 1.125, 1]
    #expect(largestDifference(layer.weight.value.elements, expected) < 2e-6)
  }

  /// The elements of a table after one step per gradient, each scaled as by clipping.
  private func trained(_ gradients: [Gradient], scale: Float = 0.5) -> [Float] {
    var random = RandomSource(seed: 4)
    var layer = Embedding(weight: Variable(.random([4, 2], using: &random)))
    var optimizer = Optimizer(.adam)
    for gradient in gradients { optimizer.update(&layer, gradients: [gradient], rate: 0.1, scale: scale) }
    return layer.weight.value.elements
  }

  @Test("Sparse rows and their dense matrix give the same bits, also in rows that no longer have a gradient")
  func rowsAndDense() {
    let rows = ([[1, 3], [0], []] as [[Int32]]).map { rows in
      SparseRows(shape: [4, 2], rows: rows, values: Tensor(shape: [rows.count, 2], rows.flatMap { [1, Float($0)] }))
    }
    let sparse = trained(rows.map { .rows($0) })
    #expect(sparse.bits == trained(rows.map { .dense($0.dense) }).bits)
    #expect(sparse[6...] != trained([.rows(rows[0])])[6...], "row 3 keeps moving")
    #expect(sparse[4...5] == trained([])[4...5], "row 2 never had a gradient")
  }

  @Test("The scale multiplies the gradients")
  func scale() {
    let gradient = Tensor(shape: [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])
    let halved = trained([.dense(gradient), .dense(-gradient)], scale: 0.5)
    #expect(halved.bits == trained([.dense(gradient * 0.5), .dense(-gradient * 0.5)], scale: 1).bits)
  }

  @Test("A copy of an optimizer has its own state, and a copy of the weights keeps its values")
  func copies() {
    let gradient = [Gradient.dense(Tensor(shape: [1, 2], [1, -1]))]
    var layer = Embedding(weight: Variable(Tensor(shape: [1, 2], [0, 0])))
    var first = Optimizer(.adam)
    first.update(&layer, gradients: gradient, rate: 0.1)
    let (kept, before) = (first, layer)
    var again = layer
    first.update(&layer, gradients: gradient, rate: 0.1)
    var second = kept
    second.update(&again, gradients: gradient, rate: 0.1)
    #expect(layer.weight.value == again.weight.value)
    #expect(before.weight.value != layer.weight.value)
  }
}
