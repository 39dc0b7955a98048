public import MynahModels
public import MynahTensors

/// How gradients become updates: a rule with all that it remembers from step to step.
public struct Optimizer: Sendable {
  /// The rule and its constants.
  public let configuration: OptimizerConfiguration
  /// What is remembered.
  public internal(set) var memory = OptimizerMemory()

  /// Creates an optimiser that has not made a step.
  public init(_ configuration: OptimizerConfiguration) { self.configuration = configuration }

  /// The number of updates that were made.
  public var stepCount: Int { memory.stepCount }

  /// Updates a module's parameters; always the same module's, which are remembered.
  ///
  /// - Parameters:
  ///   - module: What is trained.
  ///   - gradients: One a parameter, in the order of `visitParameters`.
  ///   - rate: The learning rate.
  ///   - scale: What gradients are multiplied with first: the clip's factor.
  public mutating func update(_ module: inout some Module, gradients: [Gradient], rate: Float, scale: Float = 1) {
    memory.stepCount += 1
    module.updateParameters(gradients) { weights in
      configuration.rule.update(&weights, &memory, gradients, UpdateStep(rate: rate, scale: scale))
    }
  }

  /// Updates the memory at the end of an epoch.
  ///
  /// - Parameter validationLosses: The mean validation losses of all epochs so far, first to last.
  public mutating func endEpoch(validationLosses: [Double]) {
    configuration.rule.endEpoch(validationLosses: validationLosses, &memory)
  }

  /// The module to evaluate and keep: the trained module itself, or the same with averaged weights.
  public func evaluated<Trained: Module>(_ module: Trained) -> Trained {
    guard let slot = configuration.rule.evaluatedSlot(memory), let values = memory.slots[slot] else { return module }
    var (copy, next) = (module, values.makeIterator())
    copy.visitParameters(prefix: "") { _, parameter in
      if let value = next.next() { parameter = Variable(value) }
    }
    return copy
  }
}

/// Bounds that gradients are held to before an update.
public struct GradientClip: Hashable, Sendable {
  /// Numbers beyond ± this are set to it; nil: none.
  public var value: Float?
  /// Then gradients whose global norm is larger are scaled to this norm; nil: none.
  public var norm: Float?

  /// Creates bounds.
  public init(value: Float? = nil, norm: Float? = nil) { (self.value, self.norm) = (value, norm) }
}

extension Optimizer {
  /// Makes one training step on a module: gradients of a loss, their norm, the clip, the update.
  ///
  /// - Parameters:
  ///   - module: What is trained; where the norm is not finite it stays as it was.
  ///   - rate: The learning rate.
  ///   - clip: The bounds of the gradients.
  ///   - passCount: How often `loss` is asked, for a pass over other data each time; the update is made with the gradients'
  ///     mean.
  ///   - loss: The scalar to differentiate, of a copy of the module whose parameters are on a tape, and whatever else the
  ///     caller wants to keep of the pass. What it keeps must not hold the tape: `Variable.detached`.
  /// - Returns: The gradients' norm before clipping, and what the caller keeps of the last pass.
  public mutating func step<Trained: Module, Kept>(
    _ module: inout Trained, rate: Float, clip: GradientClip, passCount: Int = 1,
    loss: (Trained) -> (value: Variable, kept: Kept)
  ) -> (norm: Double, kept: Kept) {
    precondition(passCount > 0, "a step needs at least 1 pass, found \(passCount)")
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

  /// Updates with a share of gradients, clipped; returns their norm before that.
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
