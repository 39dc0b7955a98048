import MynahIO

/// What can go wrong when a model is asked.
public enum InferenceError: Error, Hashable, Sendable {
  /// The model's predictions are infinite or not a number.
  case notFinite
  /// A text is so short that all its tokens are context.
  case nothingToPredict(tokenCount: Int)
  /// The steps of a sampler leave no token to draw.
  case nothingToDraw
  /// A file of n-grams is not as it should be.
  case malformedNGrams(path: String, line: Int, expected: String, found: String)
  /// Two models that are mixed have other tokens; how many are missing in the one at a path, and how many only it has.
  case vocabulariesDiffer(path: String, missingCount: Int, otherCount: Int, example: String)
  /// A text has too few different n-grams of a length for their discounts.
  case tooFewNGrams(length: Int)
  /// Tokens are no words, or line ends no token of their own.
  case noSentences
}

extension InferenceError {
  /// The error for a model at a path whose tokens are not those of another, both as bytes.
  package static func vocabulariesDiffer(path: String, _ own: [[UInt8]], _ others: [[UInt8]]) -> InferenceError {
    let (known, theirs) = (Set(own), Set(others))
    let missing = own.filter { !theirs.contains($0) }
    // A token that is listed again is one more.
    var listed: Set<[UInt8]> = []
    let more = others.filter { !known.contains($0) || !listed.insert($0).inserted }
    return .vocabulariesDiffer(
      path: path, missingCount: missing.count, otherCount: more.count,
      example: String(decoding: missing.first ?? more.first ?? [], as: UTF8.self))
  }
}

extension InferenceError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite:
      "the model's predictions are not finite numbers: its weights are damaged or its training diverged; "
        + "copy the file again or train with a lower learning rate"
    case .nothingToPredict(let count):
      "expected a text with a token to predict after its first one, found \(count) \(count == 1 ? "token" : "tokens"); "
        + "name a longer text"
    case .nothingToDraw:
      "the sampler rules out all tokens; forbid fewer of them"
    case .malformedNGrams(let path, let line, let expected, let found):
      "line \(line) of \(path.quoted()) is no part of an ARPA file: expected \(expected), found \(found); write the file again"
    case .vocabulariesDiffer(let path, let missingCount, let otherCount, let example):
      "models that are mixed need the same tokens, but \(path.quoted()) lacks \(missingCount) of the model's and has \(otherCount) others, "
        + "such as \(example.quoted()); train both on the same text with the same vocabulary"
    case .tooFewNGrams(let length):
      "expected a text with \(length)-grams that occur once, twice and three times, as discounts are made of their numbers, found too "
        + "few; take a longer text or a smaller --order"
    case .noSentences:
      "n-grams are counted over words, with a token for line ends, and this model has others; take one of --level word"
    }
  }
}
