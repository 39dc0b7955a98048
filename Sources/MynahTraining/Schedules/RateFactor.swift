import Foundation

/// A length of training, in epochs or steps.
public enum TrainingSpan: Hashable, Codable, Sendable {
  /// A number of epochs.
  case epochs(Int)
  /// A number of steps.
  case steps(Int)
  /// The whole run, wherever it ends.
  case run

  /// The reason why a schedule cannot have this span; nil if it can.
  var defect: String? {
    switch self {
    case .epochs(let count) where count < 1, .steps(let count) where count < 1:
      "a schedule must span at least 1 step, found \(self)"
    case .epochs, .steps, .run: nil
    }
  }
}

extension TrainingSpan: CustomStringConvertible {
  public var description: String {
    switch self {
    case .epochs(let count): "\(count) epoch\(count == 1 ? "" : "s")"
    case .steps(let count): "\(count) step\(count == 1 ? "" : "s")"
    case .run: "the run"
    }
  }
}

/// A factor of the learning rate: a function of the position in the run.
///
/// Let n be the number of steps of the span and k = 0, 1, … the number of completed steps; p = min(k / n, 1) is the
/// completed fraction of the span.
public enum RateFactor: Hashable, Codable, Sendable {
  /// by^max(epoch − after, 0): 1 for the first epochs, then multiplied by `by` at each epoch.
  case decay(by: Float, after: Int)
  /// by^⌊(epoch − 1) / every⌋.
  case step(by: Float, every: Int)
  /// 1 + (to − 1)·p.
  case linear(to: Float, over: TrainingSpan)
  /// to + (1 − to)·(1 + cos πp) / 2: I. Loshchilov, F. Hutter, "SGDR", 2017, without restarts.
  case cosine(to: Float, over: TrainingSpan)
  /// min((k + 1) / n, 1).
  case warmUp(over: TrainingSpan)
  /// From 1/25 up to 1 over the first 30 % of the span and down to 1/250,000 over the rest, along half cosines: L.
  /// Smith, N. Topin, "Super-convergence", 2018, with the constants of PyTorch's `OneCycleLR`.
  case oneCycle(over: TrainingSpan)
  /// by^r, where r is the number of times that the validation loss did not improve for more than `patience` epochs in a
  /// row: PyTorch's `ReduceLROnPlateau`. A loss improves if it is below (1 − 10⁻⁴) times the lowest one before it. The
  /// factor depends only on the losses, which a checkpoint contains.
  case plateau(by: Float, patience: Int)

  /// Returns the factor at a position.
  public func value(at place: TrainingPlace) -> Float {
    switch self {
    case .decay(let factor, let after): return pow(factor, Float(max(place.epoch - after, 0)))
    case .step(let factor, let every): return pow(factor, Float((place.epoch - 1) / every))
    case .linear(let to, let span): return 1 + (to - 1) * Float(place.share(of: span))
    case .cosine(let to, let span): return Self.between(1, to, Float(place.share(of: span)))
    case .warmUp(let span):
      let count = place.stepCount(of: span)
      return count > 0 ? min(Float(place.stepsDone(of: span) + 1) / Float(count), 1) : 1
    case .oneCycle(let span): return Self.oneCycle(place, span)
    case .plateau(let factor, let patience):
      return pow(factor, Float(Self.reductions(place.validationLosses, patience: patience)))
    }
  }

  /// The span over which the factor decays; nil if it does not depend on the length of the run.
  var span: TrainingSpan? {
    switch self {
    case .linear(_, let span), .cosine(_, let span), .oneCycle(let span): span
    case .decay, .step, .plateau, .warmUp: nil
    }
  }

  /// Returns the factor with another span; factors without a span are unchanged.
  func spanning(_ span: TrainingSpan) -> RateFactor {
    switch self {
    case .linear(let to, _): .linear(to: to, over: span)
    case .cosine(let to, _): .cosine(to: to, over: span)
    case .oneCycle: .oneCycle(over: span)
    case .decay, .step, .plateau, .warmUp: self
    }
  }

  /// Returns a Boolean value indicating whether the factor has decayed to zero, or nearly so for `oneCycle`, at a
  /// position.
  func hasEnded(at place: TrainingPlace) -> Bool {
    switch self {
    case .linear(to: 0, let span), .cosine(to: 0, let span), .oneCycle(let span):
      place.stepsDone(of: span) >= Double(place.stepCount(of: span))
    case .linear, .cosine, .decay, .step, .plateau, .warmUp: false
    }
  }

  /// A Boolean value indicating whether the factor may change within an epoch.
  var changesWithinEpochs: Bool {
    switch self {
    case .decay, .step, .plateau: false
    case .linear, .cosine, .warmUp, .oneCycle: true
    }
  }

  /// Interpolates between two numbers along half a cosine.
  private static func between(_ start: Float, _ end: Float, _ share: Float) -> Float {
    end + (start - end) * (1 + cos(.pi * share)) / 2
  }

  private static func oneCycle(_ place: TrainingPlace, _ span: TrainingSpan) -> Float {
    let (lowest, last): (Float, Float) = (1 / 25, 1 / 25e4)
    let count = Double(place.stepCount(of: span))
    // The steps at which the rate peaks and at which it reaches its final value.
    let (top, end) = (0.3 * count - 1, count - 1)
    let step = min(place.stepsDone(of: span), end)
    if step <= top { return between(lowest, 1, top > 0 ? Float(step / top) : 1) }
    return between(1, last, Float((step - top) / (end - top)))
  }

  private static func reductions(_ losses: [Double], patience: Int) -> Int {
    var (lowest, waited, reductions) = (Double.infinity, 0, 0)
    for loss in losses {
      if loss < lowest * (1 - 1e-4) {
        (lowest, waited) = (loss, 0)
      } else {
        waited += 1
      }
      if waited > patience { (waited, reductions) = (0, reductions + 1) }
    }
    return reductions
  }

  /// A description of what is wrong with the factor; nil if it is valid.
  var defect: String? {
    switch self {
    case .decay(let factor, let epochs), .step(let factor, let epochs), .plateau(let factor, let epochs):
      if !(factor > 0 && factor <= 1) { return "a rate's factor must be above 0 and at most 1, found \(factor)" }
      if case .step = self, epochs < 1 { return "a rate's step must come after at least 1 epoch, found \(epochs)" }
      return epochs < 0 ? "a number of epochs must be at least 0, found \(epochs)" : nil
    case .linear(let to, let span), .cosine(let to, let span):
      if !(to >= 0 && to.isFinite) { return "the last share of a rate must be at least 0, found \(to)" }
      return span.defect
    case .warmUp(let span), .oneCycle(let span): return span.defect
    }
  }
}

extension TrainingPlace {
  /// Returns the number of steps in a span.
  func stepCount(of span: TrainingSpan) -> Int {
    switch span {
    case .epochs(let count): count * stepsPerEpoch
    case .steps(let count): count
    case .run: runEnd
    }
  }

  /// Returns the number of completed steps of a span.
  ///
  /// If the end of a run was moved, this is the completed share of the run times its number of steps.
  func stepsDone(of span: TrainingSpan) -> Double {
    if case .run = span { shareOfRun * Double(runEnd) } else { Double(stepsDone) }
  }

  /// Returns the fraction of a span that is completed at this position: 0 at the first step, at most 1.
  func share(of span: TrainingSpan) -> Double { min(stepsDone(of: span) / Double(max(stepCount(of: span), 1)), 1) }
}

extension RateFactor: CustomStringConvertible {
  /// A description of the factor; empty if it is always 1.
  public var description: String {
    switch self {
    case .decay(1, _), .step(1, _), .plateau(1, _): ""
    case .decay(let factor, let after): "times \(factor) at each epoch after \(after)"
    case .step(let factor, let every): "times \(factor) after every \(TrainingSpan.epochs(every))"
    case .linear(let to, let span): "linearly to \(to) of it over \(span)"
    case .cosine(let to, let span): "along a cosine to \(to) of it over \(span)"
    case .warmUp(let span): "warming up over \(span)"
    case .oneCycle(let span): "in one cycle of \(span)"
    case .plateau(let factor, let patience):
      "times \(factor) when the validation loss has not fallen for more than \(TrainingSpan.epochs(patience))"
    }
  }
}
