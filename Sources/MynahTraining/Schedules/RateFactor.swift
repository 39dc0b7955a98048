import Foundation

/// A stretch of a run.
public enum TrainingSpan: Hashable, Codable, Sendable {
  /// So many epochs.
  case epochs(Int)
  /// So many steps.
  case steps(Int)

  /// The number of steps.
  public func stepCount(stepsPerEpoch: Int) -> Int {
    switch self {
    case .epochs(let count): count * stepsPerEpoch
    case .steps(let count): count
    }
  }

  var count: Int {
    switch self {
    case .epochs(let count), .steps(let count): count
    }
  }
}

extension TrainingSpan: CustomStringConvertible {
  public var description: String {
    switch self {
    case .epochs(let count): "\(count) epoch\(count == 1 ? "" : "s")"
    case .steps(let count): "\(count) step\(count == 1 ? "" : "s")"
    }
  }
}

/// A factor of the learning rate: a function of the place in the run.
///
/// With n for the steps of a span and k = 0, 1, … for the steps that are done, p = min(k / n, 1) is the share of the span that
/// is over.
public enum RateFactor: Hashable, Codable, Sendable {
  /// by^max(epoch − after, 0): 1 for some epochs, then less at each one.
  case decay(by: Float, after: Int)
  /// by^⌊(epoch − 1) / every⌋.
  case step(by: Float, every: Int)
  /// 1 + (to − 1)·p.
  case linear(to: Float, over: TrainingSpan)
  /// to + (1 − to)·(1 + cos πp) / 2: I. Loshchilov, F. Hutter, "SGDR", 2017, without restarts.
  case cosine(to: Float, over: TrainingSpan)
  /// min((k + 1) / n, 1).
  case warmUp(over: TrainingSpan)
  /// From 1/25 up to 1 over three tenths of the span and down to 1/250,000 over the rest, along half cosines: L. Smith,
  /// N. Topin, "Super-convergence", 2018, with the numbers of PyTorch's `OneCycleLR`.
  case oneCycle(over: TrainingSpan)
  /// by^r, where r counts how often more than `patience` epochs in a row had no validation loss below the lowest before
  /// by a ten-thousandth of it: PyTorch's `ReduceLROnPlateau`. A function of the losses, which a checkpoint holds.
  case plateau(by: Float, patience: Int)

  /// The factor at a place.
  public func value(at place: TrainingPlace) -> Float {
    switch self {
    case .decay(let factor, let after): return pow(factor, Float(max(place.epoch - after, 0)))
    case .step(let factor, let every): return pow(factor, Float((place.epoch - 1) / every))
    case .linear(let to, let span): return 1 + (to - 1) * Float(place.share(of: span))
    case .cosine(let to, let span): return Self.between(1, to, Float(place.share(of: span)))
    case .warmUp(let span):
      let count = span.stepCount(stepsPerEpoch: place.stepsPerEpoch)
      return count > 0 ? min(Float(place.stepsDone + 1) / Float(count), 1) : 1
    case .oneCycle(let span): return Self.oneCycle(place, span)
    case .plateau(let factor, let patience):
      return pow(factor, Float(Self.reductions(place.validationLosses, patience: patience)))
    }
  }

  /// The span that the factor falls over to its end; nil if it is not a function of a run's length.
  var span: TrainingSpan? {
    switch self {
    case .linear(_, let span), .cosine(_, let span), .oneCycle(let span): span
    case .decay, .step, .plateau, .warmUp: nil
    }
  }

  /// Returns the factor over another span, if it has one.
  func spanning(_ span: TrainingSpan) -> RateFactor {
    switch self {
    case .linear(let to, _): .linear(to: to, over: span)
    case .cosine(let to, _): .cosine(to: to, over: span)
    case .oneCycle: .oneCycle(over: span)
    case .decay, .step, .plateau, .warmUp: self
    }
  }

  /// Returns a Boolean value indicating whether the factor has fallen to zero, or in one cycle nearly so, at a place.
  func hasEnded(at place: TrainingPlace) -> Bool {
    switch self {
    case .linear(to: 0, let span), .cosine(to: 0, let span), .oneCycle(let span):
      place.stepsDone >= span.stepCount(stepsPerEpoch: place.stepsPerEpoch)
    case .linear, .cosine, .decay, .step, .plateau, .warmUp: false
    }
  }

  /// Whether it may change within an epoch.
  var changesWithinEpochs: Bool {
    switch self {
    case .decay, .step, .plateau: false
    case .linear, .cosine, .warmUp, .oneCycle: true
    }
  }

  /// Half a cosine from one number to another.
  private static func between(_ start: Float, _ end: Float, _ share: Float) -> Float {
    end + (start - end) * (1 + cos(.pi * share)) / 2
  }

  private static func oneCycle(_ place: TrainingPlace, _ span: TrainingSpan) -> Float {
    let (lowest, last): (Float, Float) = (1 / 25, 1 / 25e4)
    let count = Double(span.stepCount(stepsPerEpoch: place.stepsPerEpoch))
    // The steps at which the rate is highest, and lowest again.
    let (top, end) = (0.3 * count - 1, count - 1)
    let step = min(Double(place.stepsDone), end)
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

  /// What is wrong with it, in words; nil if it can be computed.
  var defect: String? {
    switch self {
    case .decay(let factor, let epochs), .step(let factor, let epochs), .plateau(let factor, let epochs):
      if !(factor > 0 && factor <= 1) { return "a rate's factor is above 0 and at most 1, found \(factor)" }
      if case .step = self, epochs < 1 { return "a rate's step comes after 1 epoch or more, found \(epochs)" }
      return epochs < 0 ? "a number of epochs is 0 or more, found \(epochs)" : nil
    case .linear(let to, let span), .cosine(let to, let span):
      if !(to >= 0 && to.isFinite) { return "the last share of a rate is 0 or more, found \(to)" }
      return span.count < 1 ? "a schedule spans 1 step or more, found \(span)" : nil
    case .warmUp(let span), .oneCycle(let span):
      return span.count < 1 ? "a schedule spans 1 step or more, found \(span)" : nil
    }
  }
}

extension TrainingPlace {
  /// The share of a span that is over at this place: 0 at its first step, at most 1.
  func share(of span: TrainingSpan) -> Double {
    min(Double(stepsDone) / Double(max(span.stepCount(stepsPerEpoch: stepsPerEpoch), 1)), 1)
  }
}

extension RateFactor: CustomStringConvertible {
  /// The factor in words; empty where it is always 1.
  public var description: String {
    switch self {
    case .decay(1, _), .step(1, _), .plateau(1, _): ""
    case .decay(let factor, let after): "times \(factor) at each epoch after \(after)"
    case .step(let factor, let every): "times \(factor) after every \(TrainingSpan.epochs(every))"
    case .linear(let to, let span): "in a line to \(to) of it over \(span)"
    case .cosine(let to, let span): "along a cosine to \(to) of it over \(span)"
    case .warmUp(let span): "warming up over \(span)"
    case .oneCycle(let span): "in one cycle of \(span)"
    case .plateau(let factor, let patience):
      "times \(factor) where the validation loss has not fallen for more than \(TrainingSpan.epochs(patience))"
    }
  }
}
