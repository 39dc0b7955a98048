import CMynah
import MynahTensors
import Testing

struct ReductionTests {
  var random = RandomSource(seed: 11)

  @Test(
    "Sums and sums of squares match double precision at every size and alignment",
    arguments: InstructionSet.available)
  mutating func sums(set: InstructionSet) {
    for count in Array(0...70) + [1000, 4097] {
      let x = (0..<count).map { _ in random.uniform(in: -1000..<1000) }
      let memory = GuardedMemory(x, misalignment: count % 7)
      let (sum, squares) = unsafe (set.kernels.sum(memory.base, count), set.kernels.sum_of_squares(memory.base, count))
      let expected = x.reduce(0.0) { $0 + Double($1) }
      let expectedSquares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(sum - expected) <= 1e-9 * Double(count))
      #expect(abs(squares - expectedSquares) <= 1e-12 * expectedSquares)
      let aligned = GuardedMemory(x)
      #expect(unsafe set.kernels.sum(aligned.base, count) == sum)
    }
    #expect(unsafe set.kernels.sum([1e8, 1, -1e8], 3) == 1)
    #expect(unsafe set.kernels.sum([1, .nan], 2).isNaN)
  }

  @Test("axpy adds a multiple and writes nothing outside the array", arguments: InstructionSet.available)
  mutating func axpy(set: InstructionSet) {
    for count in 0...70 {
      let x = (0..<count).map { _ in random.uniform(in: -1..<1) }
      let y = (0..<count).map { _ in random.uniform(in: -1..<1) }
      let target = GuardedMemory(y, misalignment: count % 3)
      unsafe set.kernels.axpy(target.base, x, 0.75, count)
      #expect(zip(target.elements, zip(x, y)).allSatisfy { abs($0 - (0.75 * $1.0 + $1.1)) <= 2e-7 })
      #expect(target.guardsAreWhole)
    }
  }

  @Test("Gathered rows are added in order", arguments: InstructionSet.available)
  mutating func addRows(set: InstructionSet) {
    for width in [1, 7, 8, 9, 16, 65] {
      let x = (0..<6 * width).map { _ in random.uniform(in: -1..<1) }
      let order: [Int32] = [5, 0, 0, 2, 4]
      let starts = [0, 1, 4, 5]
      let sums = GuardedMemory([Float](repeating: 0, count: 3 * width), misalignment: 1)
      unsafe set.kernels.add_rows(nil, sums.base, x, order, starts, 3, width)
      for row in 0..<3 {
        for column in 0..<width {
          var expected: Float?
          for j in starts[row]..<starts[row + 1] {
            let value = x[Int(order[j]) * width + column]
            expected = expected.map { $0 + value } ?? value
          }
          #expect(sums.elements[row * width + column] == expected)
        }
      }
      #expect(sums.guardsAreWhole)
    }
  }
}
