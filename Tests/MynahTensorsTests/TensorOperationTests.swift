import Foundation
import MynahTensors
import TestSupport
import Testing

struct TensorOperationTests {
  let t2 = Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6])
  let t3 = Tensor(shape: [2, 2, 3], [1, 2, 3, 4, 5, 6, 5, 6, 7, 7, 8, 9])

  @Test("Gathering along an axis matches the documented examples")
  func gather() {
    #expect(t2.gathered(1, axis: 1) == Tensor([2, 5]))
    #expect(t2.gathered([0, 2], axis: 1) == Tensor(shape: [2, 2], [1, 3, 4, 6]))
  }

  @Test("Gathering by coordinates matches the documented examples")
  func gatherCoordinates() {
    #expect(t2.gathered(coordinate: [0, 1]) == Tensor(2))
    #expect(t2.gathered(coordinates: [[0, 1], [1, 1]]) == Tensor([2, 5]))
    #expect(t3.gathered(coordinate: [0, 1]) == Tensor([4, 5, 6]))
    #expect(t3.gathered(coordinates: [[0, 0], [1, 1]]) == Tensor(shape: [2, 3], [1, 2, 3, 7, 8, 9]))
    #expect(t3.gathered(coordinate: [0, 1, 2]) == Tensor(6))
  }

  @Test("Gathering handles empty indices, whole tensors and any axis")
  func gatherEdges() {
    #expect(t2.gathered([Int](), axis: 1) == .zeros([2, 0]))
    #expect(t2.gathered([1, 1, 0], axis: -2).elements == [4, 5, 6, 4, 5, 6, 1, 2, 3])
    #expect(t3.gathered([Int32(1)], shape: [1, 1], axis: 1) == Tensor(shape: [2, 1, 1, 3], [4, 5, 6, 7, 8, 9]))
    #expect(t2.gathered(coordinate: []) == t2)
    #expect(t2.gathered(coordinates: [[Int]]()).shape == [0, 2, 3])
    #expect(Tensor.zeros([3, 0]).gathered([2, 0]) == .zeros([2, 0]))
  }

  @Test("Broadcasting follows NumPy: scalars, rows with columns, missing and empty axes")
  func broadcasting() {
    #expect((t2 + Tensor(1)).elements == [2, 3, 4, 5, 6, 7])
    #expect((Tensor(10) - t2).elements == [9, 8, 7, 6, 5, 4])
    #expect(Tensor(2) * Tensor(3) == Tensor(6))
    let sums = Tensor(shape: [1, 3], [1, 2, 3]) + Tensor(shape: [2, 1], [10, 20])
    #expect(sums == Tensor(shape: [2, 3], [11, 12, 13, 21, 22, 23]))
    #expect(Tensor(shape: [2, 1], [10, 20]) - Tensor([1, 2, 3]) == Tensor(shape: [2, 3], [9, 8, 7, 19, 18, 17]))
    #expect(Tensor.zeros([0, 3]) + Tensor(shape: [1, 3], [1, 2, 3]) == .zeros([0, 3]))
    #expect(Tensor.zeros([2, 1]) * Tensor.zeros([2, 0]) == .zeros([2, 0]))
    #expect(Tensor(1).broadcast(to: [0]) == .zeros([0]))
    #expect((Shape([4, 1, 3])).broadcast(with: [5, 1]) == [4, 5, 3])
    #expect(Tensor([1, 2]).broadcast(to: [2, 2]).elements == [1, 2, 1, 2])
    #expect((2 / Tensor([1, 4]) + 1 - 0.5).elements == [2.5, 1])
  }

  @Test("Incompatible shapes stop the program")
  func incompatible() async {
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]) + Tensor.zeros([2, 4]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).matmul(.zeros([2, 3])) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).gathered([3], axis: 1) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).slice(0..<3) }
    await #expect(processExitsWith: .failure) { _ = Tape().variable(1) + Tape().variable(1) }
  }

  @Test("Sums, means and maxima drop or keep axes and handle empty axes")
  func reductions() {
    #expect(t2.sum() == Tensor(21))
    #expect(t2.sum(axes: [0]) == Tensor([5, 7, 9]))
    #expect(t2.sum(axes: [-1], keepingAxes: true) == Tensor(shape: [2, 1], [6, 15]))
    #expect(t2.mean(axes: [1]) == Tensor([2, 5]))
    #expect(t2.maximum(axes: [0]) == Tensor([4, 5, 6]))
    #expect(t3.sum(axes: [0, 2]) == Tensor([24, 39]))
    #expect(Tensor.zeros([2, 0]).sum(axes: [1]) == .zeros([2]))
    #expect(Tensor.zeros([2, 0]).sum(axes: [0]) == .zeros([0]))
    #expect(Tensor.zeros([0]).sum() == Tensor(0))
    #expect(Tensor.zeros([0]).mean().scalar.isNaN)
    #expect(Tensor([1, .nan, 3]).maximum().scalar.isNaN)
    #expect(Tensor([-.infinity, -.infinity]).maximum() == Tensor(-.infinity))
    #expect(Tensor(shape: [2, 3], [1, 7, 7, -1, -2, -3]).indicesOfMaximum() == [1, 0])
    #expect(Tensor(shape: [2, 3], [1, 7, 7, -1, -2, -3]).indicesOfMaximum(axis: 0) == [0, 0, 0])
  }

  @Test("Sums accumulate in double precision")
  func preciseSum() {
    var elements = [Float](repeating: 1, count: 1001)
    elements[0] = 1e8
    #expect(Tensor(elements).sum().scalar == Float(1e8 + 1000))
  }

  @Test("Softmax handles large values and −∞")
  func softmax() {
    let large = Tensor([1000, 1000, -1000]).softmax().elements
    #expect(large == [0.5, 0.5, 0])
    let masked = Tensor([0, -.infinity, 0])
    #expect(masked.softmax().elements == [0.5, 0, 0.5])
    #expect(masked.logSoftmax().elements[1] == -.infinity)
    #expect(abs(masked.logSoftmax().elements[0] + log(2)) < 1e-6)
    #expect(Tensor([-.infinity, -.infinity]).softmax().elements.allSatisfy { $0.isNaN })
    #expect(Tensor([1e30, 0]).logSoftmax().elements == [0, -1e30])
    #expect(Tensor.zeros([0, 4]).softmax() == .zeros([0, 4]))
    #expect(Tensor.zeros([4, 0]).softmax() == .zeros([4, 0]))
    let tape = Tape()
    let x = tape.variable(masked)
    #expect(tape.gradient(of: x.softmax().slice(0..<1).sum(), for: x).elements == [0.25, 0, -0.25])
  }

  @Test("Slices can be empty or whole, and concatenating them restores the tensor")
  func slices() {
    #expect(t3.slice(0..<2) == t3)
    #expect(t3.slice(1..<1, axis: 1) == .zeros([2, 0, 3]))
    #expect(t3.slice(1..<2, axis: -1).elements == [2, 5, 6, 8])
    for axis in 0..<3 {
      let parts = [0..<1, 1..<1, 1..<t3.shape[axis]].map { t3.slice($0, axis: axis) }
      #expect(Tensor.concatenating(parts, axis: axis) == t3)
    }
  }

  @Test("Transposing permutes axes, and the inverse permutation restores them")
  func transposing() {
    #expect(t2.transposed() == Tensor(shape: [3, 2], [1, 4, 2, 5, 3, 6]))
    #expect(t3.transposed([2, 0, 1]).transposed([1, 2, 0]) == t3)
    #expect(Tensor([1, 2]).transposed() == Tensor([1, 2]))
    #expect(Tensor.zeros([0, 3]).transposed() == .zeros([3, 0]))
    #expect(Tensor(shape: [1, 3, 1], [1, 2, 3]).transposed([2, 0, 1]) == Tensor(shape: [1, 1, 3], [1, 2, 3]))
  }

  @Test("Masked elements have no effect, even if they are infinite or NaN")
  func masking() {
    let x = Tensor([1, .nan, .infinity])
    let mask = Tensor([1, 0, 0])
    #expect(x.masked(by: mask) == Tensor([1, 0, 0]))
    #expect(x.masked(by: mask, otherwise: -2) == Tensor([1, -2, -2]))
    #expect(x.masked(by: mask, otherwise: Tensor([5, 6, 7])) == Tensor([1, 6, 7]))
    #expect(Tensor(1).masked(by: mask, otherwise: Tensor(shape: [2, 1], [3, 4])).elements == [1, 3, 3, 1, 4, 4])
    #expect(t2.mask { $0 > 4 } == Tensor(shape: [2, 3], [0, 0, 0, 0, 1, 1]))
    let tape = Tape()
    let hidden = tape.variable(Tensor([2, 0]))
    let gradient = tape.gradient(of: hidden.log().masked(by: Tensor([1, 0])).sum(), for: hidden)
    #expect(gradient.elements[0] == 0.5)
  }

  @Test("The matrix product handles empty matrices")
  func matmul() {
    #expect(t2.matmul(t2, transposingOther: true) == Tensor(shape: [2, 2], [14, 32, 32, 77]))
    #expect(Tensor.zeros([2, 0]).matmul(.zeros([0, 3])) == .zeros([2, 3]))
    #expect(Tensor.zeros([0, 2]).matmul(.zeros([2, 3])) == .zeros([0, 3]))
    #expect(Tensor.zeros([2, 3]).matmul(.zeros([3, 0])) == .zeros([2, 0]))
  }

  @Test("Elementwise functions give known values")
  func elementwise() {
    let x = Tensor([-2, 0, 2])
    #expect(x.relu().elements == [0, 0, 2])
    #expect(x.sigmoid().elements[1] == 0.5 && x.tanh().elements[1] == 0 && x.exp().elements[1] == 1)
    #expect(Tensor([0, 1]).log().elements == [-.infinity, 0])
    #expect(Tensor([4]).squareRoot().elements == [2])
    #expect(Tensor([.nan]).relu().scalar.isNaN)
    #expect((-x).elements == [2, 0, -2])
  }

  @Test("A part has some of the elements, and writing to it leaves the tensor unchanged unless the part is mutable")
  func parts() {
    var tensor = t2
    tensor.makeUnique()
    var constant = tensor.part(1..<5, shape: [2, 2])
    #expect(constant == Tensor(shape: [2, 2], [2, 3, 4, 5]) && tensor.sharesMemory(with: constant, from: 1))
    constant.replace(0..<1, by: Tensor([9]))
    #expect(constant.elements == [9, 3, 4, 5] && !tensor.sharesMemory(with: constant, from: 1) && tensor == t2)
    var part = tensor.mutablePart(4..<6, shape: [2])
    part.add(Tensor([10, 20]))
    #expect(part == Tensor([15, 26]) && tensor.elements == [1, 2, 3, 4, 15, 26] && t2.elements[4...] == [5, 6])
    // A part is copied if it has another reference, and the tensor if it has a part.
    let kept = part
    part.add(Tensor([1, 1]))
    tensor.replace(0..<1, by: Tensor([7]))
    #expect(kept == Tensor([15, 26]) && part == Tensor([16, 27]) && tensor.elements == [7, 2, 3, 4, 15, 26])
    #expect(!tensor.sharesMemory(with: kept, from: 4) && tensor.part(3..<3, shape: [0, 4]).elements.isEmpty)
  }

  @Test("Writing to a copy leaves the original unchanged")
  func copyOnWrite() {
    var copy = t2
    copy.add(t2, times: 2)
    #expect(t2.elements == [1, 2, 3, 4, 5, 6] && copy.elements == [3, 6, 9, 12, 15, 18])
    copy.add(copy)
    #expect(copy.elements == [6, 12, 18, 24, 30, 36])
  }
}
