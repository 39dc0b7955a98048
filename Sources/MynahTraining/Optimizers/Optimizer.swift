import MynahIO
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
  ///   - factors: The factor of the rate for each parameter; 0 leaves the parameter unchanged. nil: ones.
  ///   - scale: The factor that gradients are multiplied by first, from clipping.
  public mutating func update(
    _ module: inout some Module, gradients: [Gradient], rate: Float, factors: [Float]? = nil, scale: Float = 1
  ) {
    module.updateParameters(gradients) {
      update(&$0, gradients: gradients, rate: rate, factors: factors, scale: scale)
    }
  }

  /// Updates the values of parameters.
  mutating func update(
    _ weights: inout [Tensor], gradients: [Gradient], rate: Float, factors: [Float]?, scale: Float
  ) {
    memory.stepCount += 1
    guard let factors else {
      return configuration.rule.update(&weights, &memory, gradients, UpdateStep(rate: rate, scale: scale))
    }
    require(
      factors.count == weights.count, "\(weights.count) parameters need as many factors, found \(factors.count)")
    updateGroups(&weights, gradients, rate: rate, factors: factors, scale: scale)
  }

  /// Updates the parameters in groups of equal factors, each at its own rate.
  private mutating func updateGroups(
    _ weights: inout [Tensor], _ gradients: [Gradient], rate: Float, factors: [Float], scale: Float
  ) {
    // Tensors are moved out and back, so that each has one owner and is updated in place.
    var (slots, numbers) = (memory.slots, memory.numbers)
    let names = Array(slots.keys)
    memory.slots = [:]
    for factor in Set(factors).sorted() {
      let members = factors.indices.filter { factors[$0] == factor }
      var group = OptimizerMemory()
      // An update changes the numbers once per step, so each group starts from the numbers before this step.
      (group.stepCount, group.numbers) = (memory.stepCount, memory.numbers)
      for name in names { group.slots[name] = Self.take(members, from: &slots[name, default: []]) }
      var own = Self.take(members, from: &weights)
      configuration.rule.update(
        &own, &group, members.map { gradients[$0] }, UpdateStep(rate: rate * factor, scale: scale))
      numbers = group.numbers
      Self.put(own, members, into: &weights)
      for (name, slot) in group.slots {
        // The rule creates its slots in its first step, in every group.
        Self.put(slot, members, into: &slots[name, default: factors.map { _ in Tensor(0) }])
      }
    }
    (memory.slots, memory.numbers) = (slots, numbers)
  }

  private static func take(_ members: [Int], from tensors: inout [Tensor]) -> [Tensor] {
    members.map { index in
      defer { tensors[index] = Tensor(0) }
      return tensors[index]
    }
  }

  private static func put(_ own: [Tensor], _ members: [Int], into tensors: inout [Tensor]) {
    for (tensor, index) in zip(own, members) { tensors[index] = tensor }
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

  /// Clamps the elements of gradients that will be multiplied by `share`, and returns the factor for clipping the norm.
  ///
  /// - Parameter norm: Returns the global norm; the gradients passed to it may be only this rank's part.
  /// - Returns: The norm before clipping, and the factor for the clamped gradients, which includes `share`; nil if the
  ///   norm is not finite.
  func applied(
    to gradients: inout [Gradient], share: Float, norm: ([Gradient]) throws -> Double
  ) rethrows -> (norm: Double, scale: Float?) {
    let before = try norm(gradients) * Double(share)
    guard before.isFinite else { return (before, nil) }
    var clipped = before
    if let value {
      StepProfile.measure(.update) { gradients = gradients.map { $0.clamped(to: value / share) } }
      clipped = try norm(gradients) * Double(share)
    }
    return (before, share * clipFactor(norm: clipped, clipNorm: self.norm))
  }
}

extension Optimizer {
  /// Performs one training step on a module: gradients of a loss, their norm, clipping, update.
  ///
  /// - Parameters:
  ///   - module: The module to train; unchanged if the norm is not finite.
  ///   - rate: The learning rate.
  ///   - factors: The factor of the rate for each parameter; a parameter with the factor 0 is left unchanged, and its
  ///     gradient does not count towards the norm. nil: ones.
  ///   - clip: The bounds of the gradients.
  ///   - passCount: The number of forward and backward passes whose mean gradient is used. Each pass calls `loss`,
  ///     which uses different data each time.
  ///   - loss: Returns the scalar to differentiate, computed from a copy of the module whose parameters are on a tape,
  ///     and any values of the pass that the caller wants to keep. These must not retain the tape: use
  ///     `Variable.detached`.
  /// - Returns: The norm of the gradients before clipping, and the kept values of the last pass.
  public mutating func step<Trained: Module, Kept>(
    _ module: inout Trained, rate: Float, factors: [Float]? = nil, clip: GradientClip, passCount: Int = 1,
    loss: (Trained) -> (value: Variable, kept: Kept)
  ) -> (norm: Double, kept: Kept) {
    require(passCount > 0, "a step needs at least 1 pass, got \(passCount)")
    var (gradients, kept) = Self.gradients(of: module, loss)
    for _ in 1..<passCount {
      let more = Self.gradients(of: module, loss)
      for index in gradients.indices { gradients[index].add(more.gradients[index]) }
      kept = more.kept
    }
    for (index, factor) in (factors ?? []).enumerated() where factor == 0 {
      gradients[index] = .zero(gradients[index].shape)
    }
    let clipped = clip.applied(to: &gradients, share: 1 / Float(passCount)) { gradients in
      StepProfile.measure(.update) { globalNorm(of: gradients) }
    }
    if let scale = clipped.scale {
      StepProfile.measure(.update) {
        update(&module, gradients: gradients, rate: rate, factors: factors, scale: scale)
      }
    }
    return (clipped.norm, kept)
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
