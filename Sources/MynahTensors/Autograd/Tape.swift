import MynahIO
import Synchronization

/// A record of the operations on variables, which is read backwards for gradients (reverse-mode differentiation).
///
/// ```swift
/// let tape = Tape()
/// let x = tape.variable(1), y = tape.variable(2)
/// let z = 2 * x * x + 3 * x * y                          // 8
/// let (dx, dy) = tape.gradients(of: z, for: x, y)        // 10, 3
/// ```
///
/// Every value on the tape has a slot, numbered in the order of recording; the parents of a node have lower slots than
/// its outputs. In reverse order of recording, every gradient is therefore complete before it is propagated. A tape can
/// be reused and continues to record until `finalGradients` ends it.
public final class Tape: Sendable {
  /// A function from the gradients of a node's outputs to the gradients of its parents; in both, nil means zero.
  ///
  /// A pullback consumes its argument, so that it can release large gradients before it allocates others.
  public typealias Pullback = @Sendable (consuming [Gradient?]) -> [Gradient?]

  struct Node: Sendable {
    let outputs: Range<Int>
    /// The parents' slots; nil for a constant.
    let parents: [Int?]
    let pullback: Pullback
  }

  private struct Record: Sendable {
    var slotCount = 0
    var nodes: [Node] = []
    var hasEnded = false

    mutating func takeSlots(_ count: Int) -> Range<Int> {
      defer { slotCount += count }
      return slotCount..<slotCount + count
    }
  }

  private let record = Mutex(Record())

  /// Creates an empty tape.
  public init() {}

  /// Creates a variable for which gradients can be computed.
  public func variable(_ value: Tensor) -> Variable {
    Variable(value, on: self, slot: record.withLock { $0.takeSlots(1).lowerBound })
  }

  /// Creates a scalar variable for which gradients can be computed.
  public func variable(_ value: Float) -> Variable { variable(Tensor(value)) }

  /// Records a node and returns its outputs.
  func add(parents: [Int?], outputs: [Tensor], pullback: @escaping Pullback) -> [Variable] {
    let slots = record.withLock { record in
      let slots = record.takeSlots(outputs.count)
      record.nodes.append(Node(outputs: slots, parents: parents, pullback: pullback))
      return slots
    }
    return zip(outputs, slots).map { Variable($0, on: self, slot: $1) }
  }
}

// MARK: Gradients

extension Tape {
  /// Returns the gradients of an expression with respect to variables, in the order of the variables.
  ///
  /// A variable that the expression does not depend on has a gradient of zeros.
  ///
  /// - Parameters:
  ///   - output: A scalar; a constant has zero gradients.
  ///   - variables: Variables of this tape: its own or results of operations on them.
  ///   - seed: The gradient of the final result with respect to `output`, of the shape of `output`; required unless
  ///     `output` is a scalar.
  /// - Complexity: That of the operations between `variables` and `output`; all other nodes are skipped.
  public func gradients(of output: Variable, for variables: [Variable], seed: Tensor? = nil) -> [Gradient] {
    gradients(of: output, for: variables, seed: seed, endingTape: false)
  }

  /// Returns the gradients of an expression and ends the tape; see `gradients(of:for:seed:)`.
  ///
  /// The values that an operation saved for its gradient are released as soon as the gradient is computed, and their
  /// memory may be reused for the gradient itself, so the largest arrays of a training step exist only once.
  ///
  /// - Precondition: the tape is not used afterwards.
  public func finalGradients(of output: Variable, for variables: [Variable], seed: Tensor? = nil) -> [Gradient] {
    gradients(of: output, for: variables, seed: seed, endingTape: true)
  }

  /// Passes each gradient on as soon as it is complete, while the others are still being computed; see
  /// `finalGradients(of:for:seed:)`.
  ///
  /// - Parameters:
  ///   - variables: Distinct variables of this tape.
  ///   - receive: Called once for each variable, with its index and its gradient, in the order in which they are
  ///     complete: a variable whose first use was recorded later comes first.
  /// - Precondition: the tape is not used afterwards.
  package func finalGradients(
    of output: Variable, for variables: [Variable], receive: (_ index: Int, _ gradient: Gradient) -> Void
  ) {
    gradients(of: output, for: variables, seed: nil, endingTape: true, receive: receive)
  }

  /// A Boolean value indicating whether the running pullback is the last reader of the values that its operation saved,
  /// so that it may overwrite them.
  @TaskLocal package static var isEnding = false

  private func gradients(
    of output: Variable, for variables: [Variable], seed: Tensor?, endingTape: Bool
  ) -> [Gradient] {
    var found = [Gradient?](repeating: nil, count: variables.count)
    gradients(of: output, for: variables, seed: seed, endingTape: endingTape) { found[$0] = $1 }
    return found.map { $0 ?? .dense(.zeros([])) }
  }

  private func gradients(
    of output: Variable, for variables: [Variable], seed: Tensor?, endingTape: Bool,
    receive: (_ index: Int, _ gradient: Gradient) -> Void
  ) {
    require(
      seed != nil || output.value.shape.elementCount == 1,
      "gradients need a scalar or a seed, found a value of shape \(output.value.shape)")
    let seed = seed ?? Tensor(shape: output.value.shape, repeating: 1)
    require(
      seed.shape == output.value.shape, "a seed of shape \(seed.shape) does not fit a value of \(output.value.shape)")
    require(output.tape == nil || output.tape === self, "the expression was recorded on another tape")
    let wanted = variables.map { variable in
      require(variable.tape === self, "the variable is not on this tape")
      return variable.slot
    }
    // A variable may occur more than once.
    var indices: [Int: [Int]] = [:]
    for (index, slot) in wanted.enumerated() { indices[slot, default: []].append(index) }
    func pass(_ slot: Int, _ gradient: Gradient?) {
      for index in indices.removeValue(forKey: slot) ?? [] {
        receive(index, gradient ?? .dense(.zeros(variables[index].value.shape)))
      }
    }
    if output.tape != nil {
      Self.$isEnding.withValue(endingTape) {
        sweep(takeRecord(endingTape: endingTape), from: output.slot, seed: seed, wanted: Set(wanted), receive: pass)
      }
    }
    for slot in wanted { pass(slot, nil) }
  }

  /// Returns the record; removes it from the tape if the tape ends.
  private func takeRecord(endingTape: Bool) -> Record {
    record.withLock { record in
      require(!record.hasEnded, "the tape was consumed by finalGradients; record on a new one")
      let taken = record
      if endingTape {
        record.nodes = []
        record.hasEnded = true
      }
      return taken
    }
  }

  /// Propagates gradients from the output's slot to the wanted slots, and reports each wanted gradient when it is
  /// complete.
  private func sweep(
    _ record: consuming Record, from output: Int, seed: Tensor, wanted: Set<Int>,
    receive: (_ slot: Int, _ gradient: Gradient?) -> Void
  ) {
    var nodes = record.nodes
    let slotCount = record.slotCount
    record.nodes = []
    var leadsToWanted = [Bool](repeating: false, count: slotCount)
    for slot in wanted { leadsToWanted[slot] = true }
    for node in nodes where node.parents.contains(where: { $0.map { leadsToWanted[$0] } ?? false }) {
      for slot in node.outputs { leadsToWanted[slot] = true }
    }

    // For each node, the wanted variables whose first reader it is: their gradients are complete once it is done.
    var completed = [[Int]](repeating: [], count: nodes.count)
    var unread = wanted.subtracting(nodes.flatMap { Array($0.outputs) })
    for (index, node) in nodes.enumerated() {
      for case let slot? in node.parents where unread.remove(slot) != nil { completed[index].append(slot) }
    }

    var gradients = [Gradient?](repeating: nil, count: slotCount)
    gradients[output] = .dense(seed)
    // Nodes are removed from the end, so that on a tape that ends, each node and its saved values are released once it
    // is done.
    while let node = nodes.popLast() {
      defer { for slot in completed[nodes.count] { receive(slot, gradients[slot].take()) } }
      guard node.outputs.lowerBound <= output && leadsToWanted[node.outputs.lowerBound] else { continue }
      let arrived = node.outputs.map { gradients[$0].take() }
      guard arrived.contains(where: { $0 != nil }) else { continue }
      for (slot, gradient) in zip(node.outputs, arrived) where wanted.contains(slot) { receive(slot, gradient) }
      let passed = node.pullback(consume arrived)
      require(
        passed.count == node.parents.count,
        "a pullback returned \(passed.count) gradients for \(node.parents.count) parents"
      )
      for case (let slot?, let gradient?) in zip(node.parents, passed) where leadsToWanted[slot] {
        gradients[slot].add(gradient)
      }
    }
    for slot in unread { receive(slot, gradients[slot].take()) }
  }

  /// Returns the gradient of a scalar expression with respect to a variable.
  public func gradient(of output: Variable, for variable: Variable) -> Tensor {
    gradients(of: output, for: [variable])[0].dense
  }

  /// Returns the gradients of a scalar expression with respect to two variables.
  public func gradients(of output: Variable, for first: Variable, _ second: Variable) -> (Tensor, Tensor) {
    let all = gradients(of: output, for: [first, second])
    return (all[0].dense, all[1].dense)
  }

  /// Returns the gradients of a scalar expression with respect to three variables.
  public func gradients(
    of output: Variable, for first: Variable, _ second: Variable, _ third: Variable
  ) -> (Tensor, Tensor, Tensor) {
    let all = gradients(of: output, for: [first, second, third])
    return (all[0].dense, all[1].dense, all[2].dense)
  }
}

extension Gradient? {
  /// Adds a gradient to the sum so far; taking the sum out first keeps it unshared, so that it is updated in place.
  fileprivate mutating func add(_ gradient: Gradient) {
    guard var sum = take() else {
      self = gradient
      return
    }
    sum.add(gradient)
    self = sum
  }
}
