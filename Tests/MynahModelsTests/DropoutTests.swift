import MynahModels
import MynahTensors
import TestSupport
import Testing

struct DropoutTests {
  let ones = Tensor(shape: [4, 4], repeating: 1)

  @Test("A rate of 0 changes neither values nor gradients")
  func keepsAll() {
    let tape = Tape()
    let x = tape.variable(Tensor([1, -2, .infinity]))
    let y = Dropout(rate: 0)(x, using: RandomSource(seed: 1))
    #expect(y.value == x.value)
    #expect(tape.gradients(of: y, for: [x], seed: Tensor([4, 5, 6]))[0].dense == Tensor([4, 5, 6]))
  }

  @Test("A seed's mask never changes: it comes from Philox's words, lower half first")
  func knownAnswer() {
    let y = Dropout(rate: 0.5)(Variable(ones), using: RandomSource(seed: 42)).value
    let mask = "0111010100000001"
    #expect(y.elements.map { $0 == 2 ? "1" : $0 == 0 ? "0" : "?" }.joined() == mask)
  }

  @Test("The mask of any number of elements is a prefix of a longer mask")
  func oddCount() {
    let dropout = Dropout(rate: 0.7)
    let random = RandomSource(seed: 5, stream: 9)
    let long = dropout(Variable(Tensor(shape: [64], repeating: 1)), using: random).value.elements
    for count in [0, 1, 2, 33, 63] {
      let short = dropout(Variable(Tensor(shape: [count], repeating: 1)), using: random).value.elements
      #expect(short == Array(long[..<count]))
    }
  }

  @Test("The share of kept elements and the mean are as expected", arguments: [0.001, 0.1, 0.5, 0.9] as [Float])
  func expectation(rate: Float) {
    let (count, keep) = (100_000, 1 - rate)
    let y = Dropout(rate: rate)(
      Variable(Tensor(shape: [count], repeating: 3)), using: RandomSource(seed: 77)
    ).value.elements
    let kept = Double(y.count { $0 != 0 }) / Double(count)
    let deviation = (Double(keep) * Double(1 - keep) / Double(count)).squareRoot()
    #expect(abs(kept - Double(keep)) < 4 * deviation)
    #expect(y.allSatisfy { $0 == 0 || $0 == 3 * (1 / keep) })
    #expect(abs(y.doubles.reduce(0, +) / Double(count) - 3) < 3 * 4 * deviation / Double(keep))
  }

  @Test("The backward pass uses the same mask as the forward pass")
  func backward() {
    let tape = Tape()
    let x = tape.variable(ones)
    let y = Dropout(rate: 0.6)(x, using: RandomSource(seed: 6))
    let seed = Tensor(shape: [4, 4], (1...16).map { Float($0) })
    let expected = zip(y.value.elements, seed.elements).map { $0 * $1 }
    let gradient = tape.gradients(of: y, for: [x], seed: seed)[0].dense
    #expect(differenceToScale(gradient.elements, expected) < 1e-6)
    #expect(y.value.elements.contains(0) && y.value.elements.contains { $0 != 0 })
  }

  @Test("Different positions, streams and seeds give different masks, and equal sources give equal masks")
  func sources() {
    let dropout = Dropout(rate: 0.5)
    let long = Variable(Tensor(shape: [256], repeating: 1))
    var moved = RandomSource(seed: 1)
    _ = moved.next()
    let sources = [RandomSource(seed: 1), RandomSource(seed: 2), RandomSource(seed: 1, stream: 1), moved]
    let masks = sources.map { dropout(long, using: $0).value.elements }
    #expect(Set(masks).count == 4)
    #expect(masks == sources.map { dropout(long, using: $0).value.elements })
  }
}
