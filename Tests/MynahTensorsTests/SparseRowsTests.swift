import MynahTensors
import TestSupport
import Testing

struct SparseRowsTests {
  @Test("Rows with equal indices are added in order", arguments: [1, 7, 16, 33])
  func adding(width: Int) {
    var random = RandomSource(seed: 3)
    let indices = (0..<200).map { _ in Int32(random.next() % 20) }
    let values = Tensor.random([200, width], using: &random)
    let rows = SparseRows(shape: [25, width], adding: values, at: indices)
    #expect(rows.rows == Set(indices).sorted())
    var expected = [Float](repeating: 0, count: 25 * width)
    for (place, index) in indices.enumerated() {
      for column in 0..<width { expected[Int(index) * width + column] += values.elements[place * width + column] }
    }
    #expect(rows.dense == Tensor(shape: [25, width], expected))
  }

  @Test("A gradient without stored rows is a matrix of zeros")
  func empty() {
    let rows = SparseRows(shape: [3, 2], adding: .zeros([0, 2]), at: [])
    #expect(rows.rows == [] && rows.dense == .zeros([3, 2]))
    let other = SparseRows(shape: [3, 2], adding: Tensor(shape: [1, 2], [4, 5]), at: [2])
    #expect(rows + other == other)
    #expect(SparseRows(shape: [3, 0], adding: .zeros([2, 0]), at: [1, 1]).dense == .zeros([3, 0]))
  }

  @Test("Scaling, the sum of squares and adding to a matrix match the dense matrix")
  func arithmetic() {
    let rows = SparseRows(shape: [3, 2], rows: [0, 2], values: Tensor(shape: [2, 2], [1, 2, 3, 4]))
    #expect(rows.scaled(by: 2).dense == Tensor(shape: [3, 2], [2, 4, 0, 0, 6, 8]))
    #expect(Gradient.rows(rows).sumOfSquares == 30)
    #expect(Gradient.rows(rows).scaled(by: 2).dense == rows.scaled(by: 2).dense)
    #expect(Gradient.dense(rows.dense).sumOfSquares == 30)
    #expect(Gradient.dense(rows.dense).scaled(by: 2) == .dense(rows.scaled(by: 2).dense))
    var matrix = Tensor(shape: [3, 2], repeating: 1)
    rows.add(to: &matrix, times: -0.5)
    #expect(matrix == Tensor(shape: [3, 2], [0.5, 0, 1, 1, -0.5, -1]))
  }

  @Test("The sum of two gradients, dense or sparse, is that of the dense matrices, and changes neither of them")
  func sums() {
    let sparse = SparseRows(shape: [3, 2], rows: [0, 2], values: Tensor(shape: [2, 2], [1, 2, 3, 4]))
    let other = SparseRows(shape: [3, 2], rows: [1, 2], values: Tensor(shape: [2, 2], [0.5, -2, 0.25, 8]))
    let whole = Tensor(shape: [4, 2], [9, 9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    let gradients: [Gradient] = [
      .rows(sparse), .rows(other), .dense(sparse.dense), .dense(whole.part(2..<8, shape: [3, 2])),
    ]
    for right in gradients {
      // A part is never written to, even if it has no other reference.
      let part = Gradient.sum(.dense(whole.part(2..<8, shape: [3, 2])), right)
      #expect(part.dense == Tensor(shape: [3, 2], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) + right.dense)
      for left in gradients {
        let expected = left.dense + right.dense
        #expect(Gradient.sum(left, right).dense == expected)
        // A copy has no other reference, so the sum is computed in its memory.
        #expect(Gradient.sum(left, .dense(right.dense + 0)).dense == expected)
        #expect(Gradient.sum(.dense(left.dense + 0), right).dense == expected)
      }
    }
    #expect(gradients[2].dense == sparse.dense && whole.elements[2...] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
  }
}
