public import MynahModels
public import MynahTensors

/// How gradients become updates, with all that it remembers from step to step.
public enum Optimizer: Sendable {
  case sgd(SGD)
  case adam(Adam)

  /// Creates an optimiser that has not made a step.
  public init(_ kind: OptimizerKind) {
    switch kind {
    case .sgd: self = .sgd(SGD())
    case .adam: self = .adam(Adam())
    }
  }

  /// Which one it is.
  public var kind: OptimizerKind {
    switch self {
    case .sgd: .sgd
    case .adam: .adam
    }
  }

  /// Updates a module's parameters.
  ///
  /// - Parameters:
  ///   - module: What is trained.
  ///   - gradients: One a parameter, in the order of `visitParameters`.
  ///   - rate: The learning rate.
  ///   - scale: What gradients are multiplied with first: the clip's factor.
  public mutating func update(_ module: inout some Module, gradients: [Gradient], rate: Float, scale: Float = 1) {
    switch self {
    case .sgd(let sgd): sgd.update(&module, gradients: gradients, rate: rate, scale: scale)
    case .adam(var adam):
      self = .sgd(SGD())  // so that the moments have one owner and are updated in place
      adam.update(&module, gradients: gradients, rate: rate, scale: scale)
      self = .adam(adam)
    }
  }
}

extension Optimizer {
  /// Makes one training step on a module: gradients of a loss, their norm, the clip, the update.
  ///
  /// - Parameters:
  ///   - module: What is trained; where the norm is not finite it stays as it was.
  ///   - rate: The learning rate.
  ///   - clipNorm: Gradients whose global norm is larger are scaled to this norm; nil: never.
  ///   - loss: The scalar to differentiate, of a copy of the module whose parameters are on a tape, and whatever else the
  ///     caller wants to keep of the pass. What it keeps must not hold the tape: `Variable.detached`.
  /// - Returns: The gradients' norm before clipping, and what the caller keeps.
  public mutating func step<Trained: Module, Kept>(
    _ module: inout Trained, rate: Float, clipNorm: Float?, loss: (Trained) -> (value: Variable, kept: Kept)
  ) -> (norm: Double, kept: Kept) {
    let (gradients, kept) = Self.gradients(of: module, loss)
    return StepProfile.measure(.update) {
      let norm = globalNorm(of: gradients)
      if norm.isFinite {
        update(&module, gradients: gradients, rate: rate, scale: clipFactor(norm: norm, clipNorm: clipNorm))
      }
      return (norm, kept)
    }
  }

  /// The tape ends here, so that afterwards nobody else holds the parameters and they are updated in place.
  private static func gradients<Trained: Module, Kept>(
    of module: Trained, _ loss: (Trained) -> (value: Variable, kept: Kept)
  ) -> (gradients: [Gradient], kept: Kept) {
    let tape = Tape()
    let (tracked, parameters) = module.tracked(by: tape)
    let pass = loss(tracked)
    return (tape.finalGradients(of: pass.value, for: parameters), pass.kept)
  }
}
