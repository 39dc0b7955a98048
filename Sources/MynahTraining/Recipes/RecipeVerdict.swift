import MynahModels

/// A goal that a run must meet for a recipe to count as reproduced.
public enum RecipeGoal: Hashable, Sendable {
  /// The perplexities of each epoch of the reference, and its test perplexity, within a relative tolerance.
  case asReference(within: Double)
  /// A maximum test perplexity after the last epoch.
  case test(atMost: Double)
  /// A maximum training loss in the last epoch, in nats per token.
  case trainingLoss(atMost: Double)
}

/// The result of comparing a run with a recipe's goals.
public struct RecipeVerdict: Hashable, Sendable {
  /// The kinds of verdicts.
  public enum Kind: String, Hashable, Codable, Sendable {
    /// All goals are met.
    case reproduced
    /// A goal is not met.
    case missed
    /// The run ended before the recipe's last epoch; no compared result misses a goal.
    case unfinished
  }

  /// The verdict.
  public let kind: Kind
  /// The goals that were missed, one sentence each.
  public let misses: [String]
}

extension RecipeVerdict: CustomStringConvertible {
  /// A description of the verdict.
  public var description: String {
    switch kind {
    case .reproduced: "reproduced"
    case .missed: "missed: " + misses.joined(separator: "; ")
    case .unfinished: "unfinished: too few epochs for a verdict, and nothing is amiss so far"
    }
  }
}

extension Recipe {
  /// Returns the verdict on a run.
  ///
  /// - Parameters:
  ///   - history: The reports of the completed epochs.
  ///   - test: The test perplexity after the last of them.
  public func verdict(on history: [EpochReport], test: Double?) -> RecipeVerdict {
    let isWhole = history.count >= training.epochs
    let found = goals.flatMap { goal -> [String] in
      switch goal {
      case .asReference(let share): return misses(history, isWhole ? test : nil, within: share)
      case .test(let limit):
        guard isWhole, !(test ?? .infinity <= limit) else { return [] }
        return ["the test perplexity is \(Self.figure(test ?? .nan)) and should be at most \(limit)"]
      case .trainingLoss(let limit):
        guard isWhole, let loss = history.last?.train.mean, !(loss <= limit) else { return [] }
        return ["the last epoch's training loss is \(Self.figure(loss)) and should be at most \(limit)"]
      }
    }
    return RecipeVerdict(kind: found.isEmpty ? isWhole ? .reproduced : .unfinished : .missed, misses: found)
  }

  private func misses(_ history: [EpochReport], _ test: Double?, within share: Double) -> [String] {
    guard let reference else { return ["there is no reference to compare with"] }
    func miss(_ what: String, _ found: Double, _ expected: Double) -> String? {
      let difference = found / expected - 1
      guard !(abs(difference) <= share) else { return nil }
      return "\(what) is \(Self.figure(found)), \(Self.figure(100 * difference)) % from \(reference.source)'s "
        + "\(Self.figure(expected)), and should be within \(Self.figure(100 * share)) %"
    }
    var result: [String?] = []
    for (epoch, expected) in zip(history, reference.epochs) {
      result.append(miss("epoch \(epoch.epoch)'s train perplexity", epoch.train.perplexity, expected.train))
      result.append(
        miss("epoch \(epoch.epoch)'s validation perplexity", epoch.validation?.perplexity ?? .nan, expected.validation))
    }
    if let test, let expected = reference.test { result.append(miss("the test perplexity", test, expected)) }
    return result.compactMap(\.self)
  }

  /// Returns the number with up to three decimals.
  private static func figure(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }
}
