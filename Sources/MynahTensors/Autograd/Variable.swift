import MynahIO

/// A tensor that may be on a tape: operations on it are recorded there, so that gradients can be computed.
///
/// A variable without a tape is a constant: operations on constants give constants and record nothing.
public struct Variable: Sendable {
  /// The tensor.
  public private(set) var value: Tensor
  let tape: Tape?
  /// The number of the value's slot on the tape.
  let slot: Int

  /// Creates a constant.
  public init(_ value: Tensor) {
    self.value = value
    tape = nil
    slot = 0
  }

  /// Creates a scalar constant.
  public init(_ value: Float) { self.init(Tensor(value)) }

  init(_ value: Tensor, on tape: Tape, slot: Int) {
    self.value = value
    self.tape = tape
    self.slot = slot
  }

  /// The sizes of the axes.
  public var shape: Shape { value.shape }

  /// A Boolean value indicating whether the variable is on a tape, so that operations on it are recorded.
  public var isTracked: Bool { tape != nil }

  /// The same value as a constant: no gradient flows through it.
  public var detached: Variable { Variable(value) }

  /// A pointer to a constant's elements, for a kernel to write to; valid as long as the variable exists and is not
  /// copied.
  ///
  /// - Precondition: the variable is a constant.
  package var mutableBase: UnsafeMutablePointer<Float> {
    mutating get {
      require(tape == nil, "the value of a variable on a tape does not change")
      return unsafe value.mutableBase
    }
  }
}

extension Variable: CustomStringConvertible {
  public var description: String { value.description }
}

// MARK: Recording

extension Variable {
  /// Records a custom operation: values computed outside the tape, with a rule for their gradients.
  ///
  /// If no parent is tracked, the outputs are constants and the pullback is released with everything that it captures.
  ///
  /// - Parameters:
  ///   - parents: The variables that the outputs depend on; those that are tracked must be on the same tape.
  ///   - outputs: The operation's results.
  ///   - pullback: A function from the gradient of each output (nil if the output was not used) to the gradient of each
  ///     parent (nil if it is zero or the parent is a constant). It must capture tensors, never variables: a variable
  ///     retains the tape, which retains the pullback.
  /// - Returns: The outputs as variables.
  public static func custom(
    parents: [Variable], outputs: [Tensor], pullback: @escaping Tape.Pullback
  ) -> [Variable] {
    guard let tape = tape(of: parents) else { return outputs.map { Variable($0) } }
    return tape.add(parents: parents.map { $0.isTracked ? $0.slot : nil }, outputs: outputs, pullback: pullback)
  }

  /// A parent of an operation and the parent's gradient as a function of the result's.
  typealias Rule = (parent: Variable, gradient: @Sendable (Tensor) -> Tensor)

  /// Records an operation with one result; only the rules of tracked parents are retained.
  static func recorded(_ value: Tensor, _ rules: Rule...) -> Variable {
    let tracked = rules.filter(\.parent.isTracked)
    guard let tape = tape(of: tracked.map(\.parent)) else { return Variable(value) }
    let gradients = tracked.map(\.gradient)
    return tape.add(parents: tracked.map(\.parent.slot), outputs: [value]) { arrived in
      let arrived = arrived[0]?.dense
      return gradients.map { gradient in arrived.map { .dense(gradient($0)) } }
    }[0]
  }

  /// Returns the tape of the tracked variables; nil if none is tracked.
  ///
  /// - Precondition: They are all on the same tape.
  private static func tape(of variables: [Variable]) -> Tape? {
    let tape = variables.lazy.compactMap(\.tape).first
    require(
      variables.allSatisfy { $0.tape == nil || $0.tape === tape },
      "an operation's operands are on two different tapes")
    return tape
  }
}
