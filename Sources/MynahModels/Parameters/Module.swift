public import MynahTensors

/// Something with parameters: a layer, or a model made of layers.
///
/// Parameters are `Variable`s. Outside of training they are constants; `tracked(by:)` makes a copy of the module whose
/// parameters are on a tape, and gradients are asked for those.
public protocol Module: Sendable {
  /// Calls `body` with each parameter's name and value, always in the same order, and keeps the value it leaves.
  ///
  /// - Parameter prefix: What the names begin with: "" or the module's own name and a dot.
  mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows
}

extension Module {
  /// The parameters' names and values, in the order of `visitParameters`.
  public var parameters: [(name: String, value: Tensor)] {
    var copy = self
    var result: [(name: String, value: Tensor)] = []
    copy.visitParameters(prefix: "") { name, parameter in result.append((name, parameter.value)) }
    return result
  }

  /// The number of trained numbers.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.shape.elementCount } }

  /// Whether no parameter is infinite or not a number.
  public var isFinite: Bool { parameters.allSatisfy { $0.value.sumOfSquares.isFinite } }

  /// A copy whose parameters are on a tape, and these parameters in the order of `visitParameters`.
  public func tracked(by tape: Tape) -> (module: Self, parameters: [Variable]) {
    var copy = self
    var tracked: [Variable] = []
    copy.visitParameters(prefix: "") { _, parameter in
      parameter = tape.variable(parameter.value)
      tracked.append(parameter)
    }
    return (copy, tracked)
  }
}
