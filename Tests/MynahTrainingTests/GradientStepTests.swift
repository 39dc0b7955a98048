import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

struct GradientStepTests {
  static let rows = Gradient.rows(
    SparseRows(shape: [4, 2], rows: [1, 3], values: Tensor(shape: [2, 2], [1, 2, 3, 4])))

  @Test("The global norm covers all gradients, and sparse rows count like their dense matrix")
  func norm() {
    #expect(globalNorm(of: []) == 0)
    #expect(globalNorm(of: [.dense(Tensor([3, 4]))]) == 5)
    #expect(globalNorm(of: [Self.rows]) == 30.0.squareRoot())
    #expect(globalNorm(of: [.dense(Self.rows.dense)]) == globalNorm(of: [Self.rows]))
    #expect(globalNorm(of: [.dense(Tensor([3, 4])), Self.rows, .dense(Tensor(-3))]) == 8)
    // Elements whose squares overflow single precision.
    #expect(abs(globalNorm(of: [.dense(Tensor([3e30, 4e30]))]) / 5e30 - 1) < 1e-6)
    #expect(globalNorm(of: [.dense(Tensor([1, .nan]))]).isNaN)
  }

  @Test("The clip factor reduces a norm to the limit and never raises it")
  func clip() {
    #expect(clipFactor(norm: 10, clipNorm: 5) == 0.5)
    #expect(clipFactor(norm: 5, clipNorm: 5) == 1)
    #expect(clipFactor(norm: 1, clipNorm: 5) == 1)
    #expect(clipFactor(norm: 0, clipNorm: 5) == 1)
    #expect(clipFactor(norm: 1e9, clipNorm: nil) == 1)
    let gradients = [Gradient.dense(Tensor([30, 40])), Self.rows]
    let factor = clipFactor(norm: globalNorm(of: gradients), clipNorm: 5)
    #expect(abs(globalNorm(of: gradients.map { $0.scaled(by: factor) }) - 5) < 1e-5)
  }

  @Test("A step subtracts rate · scale · gradient, and rows without a gradient keep their bits")
  func step() {
    let table = Tensor(shape: [4, 2], [10, 11, 12, 13, 14, 15, .nan, 17])
    var pair = TableAndVector(table: Variable(table), vector: Variable(Tensor([1, 2, 3])))
    let before = pair
    SGD().update(&pair, gradients: [Self.rows, .dense(Tensor([1, -2, 0]))], rate: 0.5, scale: 0.25)
    #expect(pair.vector.value == Tensor([0.875, 2.25, 3]))
    let elements = pair.table.value.elements
    #expect(Array(elements[..<6]) == [10, 11, 11.875, 12.75, 14, 15] && elements[6].isNaN && elements[7] == 16.5)
    // A copy made before the step keeps its values.
    #expect(before.vector.value == Tensor([1, 2, 3]) && before.table.value.elements[2] == 12)
  }

  @Test("Sparse rows and their dense matrix give the same step")
  func rowsAndDense() {
    var random = RandomSource(seed: 2)
    let table = Tensor.random([4, 2], using: &random)
    var sparse = Embedding(weight: Variable(table)), dense = sparse
    SGD().update(&sparse, gradients: [Self.rows], rate: 0.1)
    SGD().update(&dense, gradients: [.dense(Self.rows.dense)], rate: 0.1)
    #expect(sparse.weight.value == dense.weight.value && sparse.weight.value != table)
  }

  @Test("Gradient descent on a parabola matches the values computed by hand")
  func parabola() {
    var layer = Linear(weight: Variable(Tensor(shape: [1, 1], [4])), bias: Variable(Tensor([0])))
    var weight: Float = 4
    for _ in 0..<10 {
      let tape = Tape()
      let (tracked, parameters) = layer.tracked(by: tape)
      let gradients = tape.gradients(of: (tracked.weight * tracked.weight).sum(), for: parameters)
      SGD().update(&layer, gradients: gradients, rate: 0.25)
      weight -= 0.25 * 2 * weight
    }
    #expect(layer.weight.value.scalar == weight && weight == 4 / 1024)
    #expect(layer.bias.value == Tensor([0]))
  }
}
