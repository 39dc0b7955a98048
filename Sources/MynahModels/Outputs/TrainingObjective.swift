/// The training objective of an output layer.
public enum TrainingObjective: Hashable, Sendable {
  /// The cross-entropy over the whole vocabulary.
  case full
  /// The cross-entropy of a softmax over the target and this many sampled tokens; validation uses the whole vocabulary.
  ///
  /// Much faster for large vocabularies. Training reports the sampled loss, which does not give a perplexity.
  case sampled(candidates: Int)
  /// The cross-entropy with label smoothing: a share of each target is spread over the vocabulary. Training reports the
  /// loss without smoothing.
  case smoothed(Float)

  /// Returns the reason why the objective does not fit a vocabulary; nil if it does.
  public func defect(vocabularySize: Int) -> String? {
    switch self {
    case .full: nil
    case .sampled(let count):
      (1...max(vocabularySize, 1)).contains(count)
        ? nil
        : "a sampled softmax draws between 1 and \(vocabularySize) tokens, the size of the vocabulary, found \(count)"
    case .smoothed(let share):
      (0..<1).contains(share) ? nil : "label smoothing must be at least 0 and below 1, found \(share)"
    }
  }
}

extension TrainingObjective: CustomStringConvertible {
  /// A description of the objective.
  public var description: String {
    switch self {
    case .full: "full softmax"
    case .sampled(let count): "softmax over \(count) sampled tokens"
    case .smoothed(let share): "label smoothing \(share)"
    }
  }
}

extension TrainingObjective: Codable {
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
    case (.full, nil, nil): self = .full
    case (.sampled, let count?, nil): self = .sampled(candidates: count)
    case (.smoothed, nil, let share?): self = .smoothed(share)
    default:
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "the values of the objective '\(coded.kind.rawValue)' are missing or belong to another one")
      )
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
