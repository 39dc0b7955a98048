/// What training makes small.
public enum TrainingLoss: Hashable, Sendable {
  /// The cross-entropy of the softmax over the whole vocabulary.
  case full
  /// The cross-entropy of a softmax over the target and so many sampled tokens; the validation's is over the whole vocabulary.
  ///
  /// It is much faster where the vocabulary is large; the loss that training reports is that of the sample, no perplexity of
  /// the model.
  case sampled(candidates: Int)
  /// The cross-entropy against targets of which a share is spread over the vocabulary; what is reported is the plain one.
  case smoothed(Float)

  /// What is wrong with the loss for a vocabulary, in words; nil if it can be computed.
  public func defect(vocabularySize: Int) -> String? {
    switch self {
    case .full: nil
    case .sampled(let count):
      count >= 1 && count <= vocabularySize
        ? nil : "a sampled softmax draws 1 to \(vocabularySize) tokens, the size of the vocabulary, found \(count)"
    case .smoothed(let share): (0..<1).contains(share) ? nil : "a smoothing lies in [0, 1), found \(share)"
    }
  }
}

extension TrainingLoss: CustomStringConvertible {
  /// The loss in words.
  public var description: String {
    switch self {
    case .full: "the full softmax"
    case .sampled(let count): "a softmax of \(count) sampled tokens"
    case .smoothed(let share): "targets smoothed by \(share)"
    }
  }
}

extension TrainingLoss: Codable {
  // Coded as {"kind": "full"}, {"candidates": 1024, "kind": "sampled"} or {"kind": "smoothed", "share": 0.1}.
  private struct Coded: Codable {
    enum Kind: String, Codable { case full, sampled, smoothed }
    var kind: Kind
    var candidates: Int?
    var share: Float?
  }

  public init(from decoder: any Decoder) throws {
    let coded = try Coded(from: decoder)
    switch (coded.kind, coded.candidates, coded.share) {
    case (.full, _, _): self = .full
    case (.sampled, let count?, _): self = .sampled(candidates: count)
    case (.smoothed, _, let share?): self = .smoothed(share)
    default:
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a \(coded.kind.rawValue) loss lacks its number"))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .full: try Coded(kind: .full).encode(to: encoder)
    case .sampled(let count): try Coded(kind: .sampled, candidates: count).encode(to: encoder)
    case .smoothed(let share): try Coded(kind: .smoothed, share: share).encode(to: encoder)
    }
  }
}

/// How the losses of a batch's targets become the one number that is differentiated.
public enum LossReduction: String, Hashable, Codable, Sendable, CaseIterable {
  /// Summed over the steps, mean over the rows: gradients grow with the steps.
  case sumOverSteps
  /// The mean over all targets.
  case meanPerTarget
  /// Summed over all targets: gradients grow with the steps and the rows.
  case sum

  /// What the sum over all targets is multiplied with.
  func scale(targetCount: Int, batchSize: Int) -> Float {
    switch self {
    case .sumOverSteps: 1 / Float(batchSize)
    // A batch of padding alone has the loss 0, not 0 / 0.
    case .meanPerTarget: 1 / Float(max(targetCount, 1))
    case .sum: 1
    }
  }
}
