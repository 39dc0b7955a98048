public import MynahModels
public import MynahTensors

/// An optimizer: an update rule and its state.
public struct Optimizer: Sendable {
  /// The rule and its constants.
  public let configuration: OptimizerConfiguration
  /// The state of the rule.
  public internal(set) var memory = OptimizerMemory()

  /// Creates an optimizer with an empty state.
  public init(_ configuration: OptimizerConfiguration) { self.configuration = configuration }

  /// The number of updates so far.
  public var stepCount: Int { memory.stepCount }

  /// Updates a module's parameters.
  ///
  /// Always pass the same module, because the state belongs to its parameters.
  ///
  /// - Parameters:
  ///   - module: The module to train.
  ///   - gradients: One gradient per parameter, in the order of `visitParameters`.
  ///   - rate: The learning rate.
  ///   - scale: The factor that gradients are multiplied by first, from clipping.
  public mutating func update(_ module: inout some Module, gradients: [Gradient], rate: Float, scale: Float = 1) {
    memory.stepCount += 1
    module.updateParameters(gradients) { weights in
      configuration.rule.update(&weights, &memory, gradients, UpdateStep(rate: rate, scale: scale))
    }
  }

  /// Updates the state at the end of an epoch.
  ///
  /// - Parameter validationLosses: The mean validation losses of all epochs so far, oldest first.
  public mutating func endEpoch(validationLosses: [Double]) {
    configuration.rule.endEpoch(validationLosses: validationLosses, &memory)
  }

  /// Returns the module to evaluate and keep: the trained module itself, or a copy with averaged weights.
  public func evaluated<Trained: Module>(_ module: Trained) -> Trained {
    guard let slot = configuration.rule.evaluatedSlot(memory), let values = memory.slots[slot] else { return module }
    var (copy, next) = (module, values.makeIterator())
    copy.visitParameters(prefix: "") { _, parameter in
      if let value = next.next() { parameter = Variable(value) }
    }
    return copy
  }
}

/// The bounds that gradients are clipped to before an update.
public struct GradientClip: Hashable, Sendable {
  /// The largest absolute value of a gradient element: larger ones are clamped to it; nil to disable.
  public var value: Float?
  /// The largest global norm, applied after `value`: larger gradients are scaled to it; nil to disable.
  public var norm: Float?

  /// Creates bounds.
  public init(value: Float? = nil, norm: Float? = nil) { (self.value, self.norm) = (value, norm) }
}

extension Optimizer {
  /// Performs one training step on a module: gradients of a loss, their norm, clipping, update.
  ///
  /// - Parameters:
  ///   - module: The module to train; unchanged if the norm is not finite.
  ///   - rate: The learning rate.
  ///   - clip: The bounds of the gradients.
  ///   - passCount: The number of forward and backward passes. Each calls `loss`, for other data each time; the update
  ///     uses the mean of their gradients.
  ///   - loss: Returns the scalar to differentiate, computed from a copy of the module whose parameters are on a tape,
  ///     and any values of the pass that the caller wants to keep. These must not retain the tape: use
  ///     `Variable.detached`.
  /// - Returns: The norm of the gradients before clipping, and the kept values of the last pass.
  public mutating func step<Trained: Module, Kept>(
    _ module: inout Trained, rate: Float, clip: GradientClip, passCount: Int = 1,
    loss: (Trained) -> (value: Variable, kept: Kept)
  ) -> (norm: Double, kept: Kept) {
    precondition(passCount > 0, "a step needs at least 1 pass, got \(passCount)")
    var (gradients, kept) = Self.gradients(of: module, loss)
    for _ in 1..<passCount {
      let more = Self.gradients(of: module, loss)
      for index in gradients.indices { gradients[index].add(more.gradients[index]) }
      kept = more.kept
    }
    let norm = StepProfile.measure(.update) {
      update(&module, gradients: &gradients, rate: rate, clip: clip, share: 1 / Float(passCount))
    }
    return (norm, kept)
  }

  /// Clips gradients, multiplied by `share`, and applies them; returns their norm before clipping.
  private mutating func update(
    _ module: inout some Module, gradients: inout [Gradient], rate: Float, clip: GradientClip, share: Float
  ) -> Double {
    let norm = globalNorm(of: gradients) * Double(share)
    guard norm.isFinite else { return norm }
    var clippedNorm = norm
    if let value = clip.value {
      gradients = gradients.map { $0.clamped(to: value / share) }
      clippedNorm = globalNorm(of: gradients) * Double(share)
    }
    let scale = share * clipFactor(norm: clippedNorm, clipNorm: clip.norm)
    update(&module, gradients: gradients, rate: rate, scale: scale)
    return norm
  }

  /// Returns the gradients of a loss.
  ///
  /// The tape is released on return, so the parameters are uniquely referenced and can be updated in place.
  private static func gradients<Trained: Module, Kept>(
    of module: Trained, _ loss: (Trained) -> (value: Variable, kept: Kept)
  ) -> (gradients: [Gradient], kept: Kept) {
    let tape = Tape()
    let (tracked, parameters) = module.tracked(by: tape)
    let pass = loss(tracked)
    return (tape.finalGradients(of: pass.value, for: parameters), pass.kept)
  }
}
