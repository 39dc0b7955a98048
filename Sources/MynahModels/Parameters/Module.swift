public import MynahTensors

/// A part of a model that has parameters: a layer, or a model made of layers.
///
/// Parameters are `Variable`s. Outside of training they are constants; `tracked(by:)` returns a copy of the module
/// whose parameters are on a tape, so that gradients can be computed for them.
public protocol Module: Sendable {
  /// Calls `body` with each parameter's spec and value, always in the same order, and stores the changed values.
  ///
  /// - Parameter prefix: The beginning of the names: "" or the module's own name and a dot.
  mutating func visitParameters(prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void) rethrows
}

extension Module {
  /// The parameters' names and values, in the order of `visitParameters`.
  public var parameters: [(name: String, value: Tensor)] {
    var copy = self
    var result: [(name: String, value: Tensor)] = []
    copy.visitParameters(prefix: "") { spec, parameter in result.append((spec.name, parameter.value)) }
    return result
  }

  /// The specs of the parameters, in the order of `visitParameters`.
  public var parameterSpecs: [ParameterSpec] {
    var copy = self
    var result: [ParameterSpec] = []
    copy.visitParameters(prefix: "") { spec, _ in result.append(spec) }
    return result
  }

  /// The number of trainable parameters.
  public var parameterCount: Int { parameterSpecs.reduce(0) { $0 + $1.shape.elementCount } }

  /// A Boolean value indicating whether no parameter is infinite or NaN.
  public var isFinite: Bool { parameters.allSatisfy { $0.value.sumOfSquares.isFinite } }

  /// Returns a copy whose parameters are on a tape, and these parameters in the order of `visitParameters`.
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
