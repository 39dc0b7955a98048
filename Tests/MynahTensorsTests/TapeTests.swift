import MynahTensors
import TestSupport
import Testing

struct TapeTests {
  @Test("z = 2x² + 3xy at (1, 2) is 8, with partial derivatives 10 and 3")
  func example() {
    let tape = Tape()
    let x = tape.variable(1)
    let y = tape.variable(2)
    let z = 2 * x * x + 3 * x * y
    let (dx, dy) = tape.gradients(of: z, for: x, y)
    #expect(z.value == Tensor(8))
    #expect(dx == Tensor(10))
    #expect(dy == Tensor(3))
  }

  @Test("A tape can be differentiated repeatedly and keeps recording")
  func again() {
    let tape = Tape()
    let x = tape.variable(3)
    let square = x * x
    #expect(tape.gradient(of: square, for: x) == Tensor(6))
    #expect(tape.gradient(of: square, for: x) == Tensor(6))
    let cube = square * x
    #expect(tape.gradient(of: cube, for: x) == Tensor(27))
    #expect(tape.gradient(of: square, for: x) == Tensor(6))
    let (dSquare, dx, dCube) = tape.gradients(of: cube, for: square, x, cube)
    #expect([dSquare, dx, dCube] == [Tensor(3), Tensor(27), Tensor(1)])
  }

  @Test("Final gradients release the values that operations saved, and the tape cannot be differentiated again")
  func ends() async {
    final class Saved: Sendable {}
    let tape = Tape()
    let x = tape.variable(3)
    weak var saved: Saved?
    func doubled(_ x: Variable) -> Variable {
      let own = Saved()
      saved = own
      return Variable.custom(parents: [x], outputs: [x.value * 2]) { arrived in
        withExtendedLifetime(own) { [arrived[0].map { .dense($0.dense * 2) }] }
      }[0]
    }
    let y = doubled(x * x)
    #expect(tape.gradient(of: y, for: x) == Tensor(12) && saved != nil)
    #expect(tape.finalGradients(of: y, for: [x]) == [.dense(Tensor(12))])
    #expect(saved == nil)
    await #expect(processExitsWith: .failure) {
      let tape = Tape()
      let x = tape.variable(3)
      _ = tape.finalGradients(of: x * x, for: [x])
      _ = tape.gradients(of: x, for: [x])
    }
  }

  @Test("Variables that do not affect the result have zero gradients")
  func unreached() {
    let tape = Tape()
    let x = tape.variable(2)
    let table = tape.variable(.zeros([4, 2]))
    let later = tape.variable(.zeros([3]))
    #expect(
      tape.gradients(of: x * x, for: [table, later, x]) == [
        .dense(.zeros([4, 2])), .dense(.zeros([3])), .dense(Tensor(4)),
      ])
    #expect(tape.gradient(of: Variable(1), for: x) == Tensor(0))
    #expect(tape.gradient(of: x.detached * 2, for: x) == Tensor(0))
    #expect(tape.gradient(of: x * x.detached, for: x) == Tensor(2))
  }

  @Test("Operations on constants give constants")
  func constants() {
    let tape = Tape()
    let x = tape.variable(2)
    let constant = Variable(Tensor([1, 2])).tanh() + 3
    #expect(!constant.isTracked)
    #expect((constant * x).isTracked)
    #expect(!Variable.concatenating([constant, constant]).isTracked)
  }

  @Test("A seed sets the gradient of a result that is not a scalar")
  func seed() {
    let tape = Tape()
    let x = tape.variable(Tensor([1, 2, 3]))
    let gradients = tape.gradients(of: x * x, for: [x], seed: Tensor([1, 10, 100]))
    #expect(gradients == [.dense(Tensor([2, 40, 600]))])
  }

  @Test("A custom operation can have several outputs, and its pullback receives the gradients of the used ones")
  func custom() {
    let tape = Tape()
    let x = tape.variable(3)
    let constant = Variable(5)
    let outputs = Variable.custom(parents: [x, constant], outputs: [Tensor(6), Tensor(9), Tensor(1)]) { arrived in
      #expect(arrived[2] == nil)
      let double = arrived[0]?.dense ?? .zeros([])
      let square = arrived[1]?.dense ?? .zeros([])
      return [.dense(double * 2 + square * 6), nil]
    }
    #expect(tape.gradient(of: outputs[0] + outputs[1], for: x) == Tensor(8))
    #expect(tape.gradient(of: outputs[0], for: x) == Tensor(2))
    #expect(tape.gradient(of: outputs[1] * outputs[1], for: x) == Tensor(108))
    let (middle, dx) = tape.gradients(of: outputs[1] * outputs[1], for: outputs[1], x)
    #expect(middle == Tensor(18))
    #expect(dx == Tensor(108))
  }

  @Test("A pullback is kept if a parent is tracked, until the tape is released; variables and tape form no cycle")
  func lifetime() {
    final class Witness: Sendable {}
    weak var kept: Witness?
    weak var dropped: Witness?
    weak var weakTape: Tape?
    func record() -> Variable {
      let tape = Tape()
      weakTape = tape
      let (witness, other) = (Witness(), Witness())
      (kept, dropped) = (witness, other)
      let x = tape.variable(Tensor(shape: [2, 2], [1, 2, 3, 4]))
      _ = Variable.custom(parents: [Variable(1)], outputs: [Tensor(1)]) { [other] in
        _ = other
        return $0
      }
      let own = Variable.custom(parents: [x], outputs: [x.value]) { [witness] in
        _ = witness
        return $0
      }[0]
      let y = own.gathered([0, 1, 1], axis: 0).matmul(x).softmax().slice(0..<1).masked(by: Tensor(1)).transposed()
      let z = Variable.concatenating([y.relu(), y.exp() / y.squareRoot()]).maximum(axes: [0]) - y.mean()
      let result = (z.tanh().sigmoid() * z.log()).logSoftmax().sum()
      _ = tape.gradient(of: result, for: x)
      return result
    }
    do {
      let result = record()
      #expect(weakTape != nil && kept != nil && result.isTracked)
      #expect(dropped == nil)
    }
    #expect(weakTape == nil)
    #expect(kept == nil)
  }

  @Test("The gradients of all uses of a variable are added, whether dense, sparse rows or both")
  func meeting() {
    let table = Tensor(shape: [4, 1], [1, 2, 3, 4])
    func gradient(_ expression: (Variable) -> Variable) -> Gradient {
      let tape = Tape()
      let x = tape.variable(table)
      return tape.gradients(of: expression(x), for: [x])[0]
    }
    let rows = gradient { ($0.gathered([3, 1]) * 2).sum() + ($0.gathered([1, 0]) * 5).sum() }
    #expect(rows == .rows(SparseRows(shape: [4, 1], rows: [0, 1, 3], values: Tensor(shape: [3, 1], [5, 7, 2]))))
    let rowsFirst = gradient { ($0 * 10).sum() + $0.gathered([3, 1]).sum() }
    #expect(rowsFirst == .dense(Tensor(shape: [4, 1], [10, 11, 10, 11])))
    let denseFirst = gradient { $0.gathered([3, 1]).sum() + ($0 * 10).sum() }
    #expect(denseFirst == rowsFirst)
    #expect(gradient { ($0 * 10).sum() + ($0 * 2).sum() + $0.sum() } == .dense(Tensor(shape: [4, 1], repeating: 13)))
  }

  @Test("Adding to an unshared gradient works in place, and a copy of a gradient keeps its values")
  func inPlace() {
    func address(_ gradient: Gradient) -> Int {
      guard case .dense(let tensor) = gradient else { return 0 }
      return unsafe tensor.withUnsafeElements { Int(bitPattern: $0.baseAddress) }
    }
    var sum = Gradient.dense(Tensor(shape: [8], repeating: 1))
    let before = address(sum)
    sum.add(.dense(Tensor(shape: [8], repeating: 2)))
    #expect(address(sum) == before)
    let copy = sum
    sum.add(copy)
    #expect(copy == .dense(Tensor(shape: [8], repeating: 3)))
    #expect(sum == .dense(Tensor(shape: [8], repeating: 6)))
  }

  @Test("Several tasks can record on one tape")
  func tasks() async {
    let tape = Tape()
    let x = tape.variable(2)
    let parts = await withTaskGroup(of: Variable.self) { group in
      for number in 1...50 { group.addTask { x * Float(number) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(tape.gradient(of: parts.reduce(Variable(0), +), for: x) == Tensor(1275))
  }
}
