import Foundation
import MynahTensors
import TestSupport
import Testing

/// The gradient rule of every operation on variables.
struct GradientTests {
  var random = RandomSource(seed: 5)

  mutating func tensor(_ shape: Shape, in range: Range<Float> = -1..<1) -> Tensor {
    .random(shape, in: range, using: &random)
  }

  func expectAgreement(
    _ inputs: [Tensor], sourceLocation: SourceLocation = #_sourceLocation, textbook: ([[Double]]) -> [Double],
    operation: ([Variable]) -> Variable
  ) {
    let check = GradientCheck(inputs, textbook: textbook, operation: operation)
    #expect(check.passes(), "\(check)", sourceLocation: sourceLocation)
  }

  @Test("Arithmetic on equal shapes has correct gradients")
  mutating func arithmetic() {
    let inputs = [tensor([2, 3]), tensor([2, 3], in: 0.5..<2)]
    func textbook(_ operation: @escaping (Double, Double) -> Double) -> ([[Double]]) -> [Double] {
      { zip($0[0], $0[1]).map(operation) }
    }
    expectAgreement(inputs, textbook: textbook(+)) { $0[0] + $0[1] }
    expectAgreement(inputs, textbook: textbook(-)) { $0[0] - $0[1] }
    expectAgreement(inputs, textbook: textbook(*)) { $0[0] * $0[1] }
    expectAgreement(inputs, textbook: textbook(/)) { $0[0] / $0[1] }
    expectAgreement([inputs[0]], textbook: { $0[0].map { -$0 } }) { -$0[0] }
  }

  @Test("Arithmetic with a number on either side has correct gradients")
  mutating func numbers() {
    let inputs = [tensor([5], in: 0.5..<2)]
    expectAgreement(inputs, textbook: { $0[0].map { $0 + 3 } }) { $0[0] + 3 }
    expectAgreement(inputs, textbook: { $0[0].map { 3 + $0 } }) { 3 + $0[0] }
    expectAgreement(inputs, textbook: { $0[0].map { $0 - 3 } }) { $0[0] - 3 }
    expectAgreement(inputs, textbook: { $0[0].map { 3 - $0 } }) { 3 - $0[0] }
    expectAgreement(inputs, textbook: { $0[0].map { $0 * 3 } }) { $0[0] * 3 }
    expectAgreement(inputs, textbook: { $0[0].map { 3 * $0 } }) { 3 * $0[0] }
    expectAgreement(inputs, textbook: { $0[0].map { $0 / 3 } }) { $0[0] / 3 }
    expectAgreement(inputs, textbook: { $0[0].map { 3 / $0 } }) { 3 / $0[0] }
  }

  @Test(
    "A broadcast operand's gradient is summed over the axes along which it was broadcast",
    arguments: [
      ([], [2, 3]), ([2, 3], []), ([1, 3], [2, 1]), ([3], [2, 3]), ([2, 1, 3], [4, 1]), ([1, 1], [3]), ([1], [1, 1]),
      ([2, 3, 1], [2, 1, 4]),
    ] as [(Shape, Shape)])
  mutating func broadcasting(_ left: Shape, _ right: Shape) {
    let inputs = [tensor(left), tensor(right, in: 0.5..<2)]
    let target = left.broadcast(with: right)
    func textbook(_ operation: (Double, Double) -> Double, _ values: [[Double]]) -> [Double] {
      indices(of: target).map { operation(values[0][place($0, in: left)], values[1][place($0, in: right)]) }
    }
    expectAgreement(inputs, textbook: { textbook(+, $0) }) { $0[0] + $0[1] }
    expectAgreement(inputs, textbook: { textbook(-, $0) }) { $0[0] - $0[1] }
    expectAgreement(inputs, textbook: { textbook(*, $0) }) { $0[0] * $0[1] }
    expectAgreement(inputs, textbook: { textbook(/, $0) }) { $0[0] / $0[1] }
    expectAgreement([inputs[0]], textbook: { v in indices(of: target).map { v[0][place($0, in: left)] } }) {
      $0[0].broadcast(to: target)
    }
  }

  @Test("Elementwise functions have correct gradients")
  mutating func elementwise() {
    let any = [tensor([3, 5], in: -3..<3)]
    let positive = [tensor([3, 5], in: 0.2..<3)]
    expectAgreement(any, textbook: { $0[0].map { exp($0) } }) { $0[0].exp() }
    expectAgreement(any, textbook: { $0[0].map { tanh($0) } }) { $0[0].tanh() }
    expectAgreement(any, textbook: { $0[0].map { 1 / (1 + exp(-$0)) } }) { $0[0].sigmoid() }
    expectAgreement(any, textbook: { $0[0].map { max($0, 0) } }) { $0[0].relu() }
    expectAgreement(positive, textbook: { $0[0].map { log($0) } }) { $0[0].log() }
    expectAgreement(positive, textbook: { $0[0].map { $0.squareRoot() } }) { $0[0].squareRoot() }
  }

  @Test(
    "Sums, means and maxima over every set of axes, kept or dropped, have correct gradients",
    arguments: [false, true])
  mutating func reductions(keepingAxes: Bool) {
    let shape: Shape = [2, 3, 4]
    let inputs = [tensor(shape)]
    for axes in [[], [0], [1], [2], [-1], [0, 1], [0, 2], [2, 1], [0, 1, 2], nil] as [[Int]?] {
      let reduced = axes.map { $0.map { shape.resolved(axis: $0) } } ?? [0, 1, 2]
      let kept = Shape(shape.sizes.indices.map { reduced.contains($0) ? 1 : shape.sizes[$0] })
      func groups(_ values: [Double]) -> [[Double]] {
        var groups = [[Double]](repeating: [], count: kept.elementCount)
        for (index, value) in zip(indices(of: shape), values) { groups[place(index, in: kept)].append(value) }
        return groups
      }
      expectAgreement(inputs, textbook: { groups($0[0]).map { $0.reduce(0, +) } }) {
        $0[0].sum(axes: axes, keepingAxes: keepingAxes)
      }
      expectAgreement(inputs, textbook: { groups($0[0]).map { $0.reduce(0, +) / Double($0.count) } }) {
        $0[0].mean(axes: axes, keepingAxes: keepingAxes)
      }
      expectAgreement(inputs, textbook: { groups($0[0]).map { $0.max() ?? .nan } }) {
        $0[0].maximum(axes: axes, keepingAxes: keepingAxes)
      }
    }
  }

  @Test("Equal largest elements share the gradient of the maximum evenly")
  func ties() {
    let tape = Tape()
    let x = tape.variable(Tensor(shape: [2, 3], [4, 1, 4, 2, 2, 2]))
    let gradient = tape.gradient(of: (x.maximum(axes: [1]) * Variable(Tensor([1, 3]))).sum(), for: x)
    #expect(gradient.elements == [0.5, 0, 0.5, 1, 1, 1])
  }

  @Test("Softmax and log-softmax have correct gradients along every axis", arguments: [0, 1, 2, -1, -3])
  mutating func softmax(axis: Int) {
    let shape: Shape = [2, 3, 4]
    let inputs = [tensor(shape, in: -3..<3)]
    func textbook(_ values: [Double]) -> [Double] {
      let resolved = shape.resolved(axis: axis)
      let kept = Shape(shape.sizes.enumerated().map { $0.offset == resolved ? 1 : $0.element })
      var sums = [Double](repeating: 0, count: kept.elementCount)
      for (index, value) in zip(indices(of: shape), values) { sums[place(index, in: kept)] += exp(value) }
      return zip(indices(of: shape), values).map { exp($1) / sums[place($0, in: kept)] }
    }
    expectAgreement(inputs, textbook: { textbook($0[0]) }) { $0[0].softmax(axis: axis) }
    expectAgreement(inputs, textbook: { textbook($0[0]).map { log($0) } }) { $0[0].logSoftmax(axis: axis) }
  }

  @Test("Reshaping and transposing have correct gradients")
  mutating func rearranging() {
    let shape: Shape = [2, 3, 4]
    let inputs = [tensor(shape)]
    expectAgreement(inputs, textbook: { $0[0] }) { $0[0].reshaped([4, 6]) }
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [-1, 0, 1]] {
      let resolved = order.map { shape.resolved(axis: $0) }
      let target = Shape(resolved.map { shape.sizes[$0] })
      func textbook(_ values: [Double]) -> [Double] {
        indices(of: target).map { index in
          var source = [0, 0, 0]
          for (axis, place) in zip(resolved, index) { source[axis] = place }
          return values[place(source, in: shape)]
        }
      }
      expectAgreement(inputs, textbook: { textbook($0[0]) }) { $0[0].transposed(order) }
      if order == [2, 1, 0] { expectAgreement(inputs, textbook: { textbook($0[0]) }) { $0[0].transposed() } }
    }
  }

  @Test("Slices of every axis, including empty and whole ones, have correct gradients", arguments: 0..<3)
  mutating func slices(axis: Int) {
    let shape: Shape = [2, 3, 4]
    let inputs = [tensor(shape)]
    for range in [0..<1, 1..<2, 0..<shape.sizes[axis], 1..<1, 2..<2] {
      expectAgreement(
        inputs,
        textbook: { values in
          zip(indices(of: shape), values[0]).filter { range.contains($0.0[axis]) }.map(\.1)
        },
        operation: { $0[0].slice(range, axis: axis) })
    }
  }

  @Test("Concatenating has correct gradients along every axis", arguments: [0, 1, 2, -1])
  mutating func concatenating(axis: Int) {
    let resolved = axis < 0 ? axis + 3 : axis
    let shapes = [1, 3, 0, 2].map { size in
      Shape([2, 3, 2].enumerated().map { $0.offset == resolved ? size : $0.element })
    }
    let inputs = shapes.map { tensor($0) }
    let target = Shape([2, 3, 2].enumerated().map { $0.offset == resolved ? 6 : $0.element })
    let owners = [(0, 0), (1, 0), (1, 1), (1, 2), (3, 0), (3, 1)]
    expectAgreement(
      inputs,
      textbook: { values in
        indices(of: target).map { index in
          let (owner, own) = owners[index[resolved]]
          var source = index
          source[resolved] = own
          return values[owner][place(source, in: shapes[owner])]
        }
      },
      operation: { .concatenating($0, axis: axis) })
  }

  @Test("Gathering along every axis, with repeated indices, has correct gradients", arguments: 0..<3)
  mutating func gather(axis: Int) {
    let shape: Shape = [3, 4, 3]
    let inputs = [tensor(shape)]
    let chosen = [2, 0, 2, 2, 1, 0]
    var sizes = shape.sizes
    sizes.replaceSubrange(axis...axis, with: [2, 3])
    expectAgreement(
      inputs,
      textbook: { values in
        indices(of: Shape(sizes)).map { index in
          var source = index
          source.replaceSubrange(axis...axis + 1, with: [chosen[index[axis] * 3 + index[axis + 1]]])
          return values[0][place(source, in: shape)]
        }
      },
      operation: { $0[0].gathered(chosen, shape: [2, 3], axis: axis) })
  }

  @Test("Gathering rows of a matrix gives a sparse gradient of rows")
  mutating func gatherRows() {
    let inputs = [tensor([5, 3])]
    let chosen: [Int32] = [4, 1, 1, 4, 4, 0]
    let textbook = { (values: [[Double]]) in chosen.flatMap { values[0][Int($0) * 3..<Int($0) * 3 + 3] } }
    expectAgreement(inputs, textbook: textbook) { $0[0].gathered(chosen, shape: [2, 3]) }

    let tape = Tape()
    let table = tape.variable(inputs[0])
    let gradient = tape.gradients(of: table.gathered(chosen).sum(), for: [table])[0]
    #expect(
      gradient
        == .rows(
          SparseRows(shape: [5, 3], rows: [0, 1, 4], values: Tensor(shape: [3, 3], [1, 1, 1, 2, 2, 2, 3, 3, 3]))))
  }

  @Test("Gathering by coordinates, including repeated ones, has correct gradients")
  mutating func gatherCoordinates() {
    let shape: Shape = [2, 3, 2]
    let inputs = [tensor(shape)]
    expectAgreement(
      inputs,
      textbook: { values in [1, 2, 0, 0, 1, 2].flatMapPairs { values[0][($0 * 3 + $1) * 2..<($0 * 3 + $1) * 2 + 2] } }
    ) {
      $0[0].gathered(coordinates: [1, 2, 0, 0, 1, 2], shape: [3, 2])
    }
    expectAgreement(inputs, textbook: { [$0[0][11], $0[0][11]] }) {
      $0[0].gathered(coordinates: [1, 2, 1, 1, 2, 1], shape: [2, 3])
    }
    expectAgreement(inputs, textbook: { Array($0[0][6..<12]) }) { $0[0].gathered(coordinate: [1]) }
  }

  @Test("Masking has correct gradients")
  mutating func masking() {
    let mask = Tensor([1, 0, 1])
    let inputs = [tensor([2, 3]), tensor([2, 1])]
    expectAgreement(inputs, textbook: { v in (0..<6).map { mask.elements[$0 % 3] != 0 ? v[0][$0] : v[1][$0 / 3] } }) {
      $0[0].masked(by: mask, otherwise: $0[1])
    }
    expectAgreement([inputs[1]], textbook: { v in (0..<6).map { mask.elements[$0 % 3] != 0 ? v[0][$0 / 3] : 7 } }) {
      $0[0].masked(by: mask, otherwise: 7)
    }
  }

  @Test("The matrix product has correct gradients with any transposes", arguments: [false, true], [false, true])
  mutating func matmul(transposingSelf: Bool, transposingOther: Bool) {
    let (m, n, k) = (3, 4, 5)
    let inputs = [tensor(transposingSelf ? [k, m] : [m, k]), tensor(transposingOther ? [n, k] : [k, n])]
    expectAgreement(
      inputs,
      textbook: { v in
        indices(of: [m, n]).map { index in
          (0..<k).reduce(0) { sum, inner in
            let a = v[0][transposingSelf ? inner * m + index[0] : index[0] * k + inner]
            let b = v[1][transposingOther ? index[1] * k + inner : inner * n + index[1]]
            return sum + a * b
          }
        }
      },
      operation: { $0[0].matmul($0[1], transposingSelf: transposingSelf, transposingOther: transposingOther) })
  }
}

/// All indices of a shape in row-major order.
func indices(of shape: Shape) -> [[Int]] {
  shape.sizes.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
}

/// The position of an index in a tensor's elements; axes of size 1 and missing axes are broadcast.
func place(_ index: [Int], in shape: Shape) -> Int {
  zip(index.suffix(shape.rank), shape.sizes).reduce(0) { place, axis in
    place * axis.1 + (axis.1 == 1 ? 0 : axis.0)
  }
}

extension [Int] {
  /// Calls `body` with the elements in pairs and joins the results.
  func flatMapPairs<Result: Sequence>(_ body: (Int, Int) -> Result) -> [Result.Element] {
    stride(from: 0, to: count, by: 2).flatMap { body(self[$0], self[$0 + 1]) }
  }
}
