import MynahIO

/// What can go wrong when a model is asked.
public enum InferenceError: Error, Hashable, Sendable {
  /// The model's predictions are infinite or not a number.
  case notFinite
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

extension InferenceError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite:
      "the model's predictions are not finite numbers: its weights are damaged or its training diverged; "
        + "copy the file again or train with a lower learning rate"
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
