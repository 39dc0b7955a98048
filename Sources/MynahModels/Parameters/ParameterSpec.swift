public import MynahTensors

/// The name, shape and role of a parameter.
///
/// Initialisers, weight drop, model files, imports, exports and packing depend on the role, never on the name.
public struct ParameterSpec: Hashable, Sendable {
  /// The parameter's name in files: PyTorch's name if PyTorch has the module.
  public var name: String
  /// The sizes of the axes.
  public var shape: Shape
  /// The purpose of the parameter.
  public var role: ParameterRole
  /// The name of a second bias that PyTorch's module adds to this one; nil if there is none.
  ///
  /// Model files contain zeros for it, so that PyTorch can load them strictly; readers add it to this one.
  public var pyTorchTwin: String?

  /// Creates a spec.
  public init(_ name: String, _ shape: Shape, _ role: ParameterRole, pyTorchTwin: String? = nil) {
    (self.name, self.shape, self.role, self.pyTorchTwin) = (name, shape, role, pyTorchTwin)
  }

  /// Returns the same spec with a prefix before its names.
  package func prefixed(by prefix: String) -> ParameterSpec {
    ParameterSpec(prefix + name, shape, role, pyTorchTwin: pyTorchTwin.map { prefix + $0 })
  }
}

/// The purpose of a parameter in a model.
public enum ParameterRole: Hashable, Sendable {
  /// The table of the tokens' embeddings.
  case embedding
  /// A matrix that multiplies a layer's inputs; weight drop applies to these in layers without recurrent weights.
  case inputWeight
  /// A matrix that multiplies a layer's previous state; weight drop applies to these.
  case recurrentWeight
  /// A matrix that projects a layer's outputs to a smaller size.
  case projection
  /// A vector that is added to sums, initialised to zero, or in equal blocks to the given values.
  case bias(startsAt: [Float] = [0])
  /// The weights and biases of the output layer.
  case output
  /// Any other parameter of a layer, such as peepholes.
  case other
}
