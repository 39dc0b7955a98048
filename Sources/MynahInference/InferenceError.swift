import MynahIO
import MynahText

/// An error of inference.
public enum InferenceError: Error, Hashable, Sendable {
  /// The model's predictions are infinite or not a number.
  case notFinite
  /// A token is not in the vocabulary, whose tokens are 0 ..< its size.
  case noSuchToken(id: Int32, vocabularySize: Int)
  /// A text is so short that all its tokens are context.
  case nothingToPredict(tokenCount: Int)
  /// The steps of a sampler leave no token to draw.
  case nothingToDraw
  /// An ARPA file is malformed.
  case malformedNGrams(path: String, line: Int, expected: String, found: String)
  /// Two models of a mixture have different tokens: the model at the path lacks `missingCount` tokens and adds
  /// `otherCount`.
  case vocabulariesDiffer(path: String, missingCount: Int, otherCount: Int, example: String)
  /// A file is not an ARPA file; `found` is a sentence about it, nil if it is not text.
  case notARPA(path: String, found: String?, advice: String)
  /// The n-gram model at a path lacks some of the words that it should predict.
  case wordsMissing(path: String, count: Int, example: String)
  /// The n-gram model at a path lacks `</s>`, which represents line ends.
  case noSentenceEnd(path: String)
  /// A text has too few distinct n-grams of a length to estimate their discounts.
  case tooFewNGrams(length: Int)
  /// A text has no tokens.
  case nothingToCount
  /// A vocabulary contains a sentence mark, `<s>` or `</s>`.
  case sentenceMark(String)
  /// The tokens are not words, or line ends have no token.
  case noSentences
  /// Words cannot be completed, because the tokens are pieces of words of a `tokenizer.json`.
  case noCompletion
}

extension InferenceError {
  /// Returns the error for a model at a path whose tokens differ from those of another model, both given as bytes.
  package static func vocabulariesDiffer(path: String, _ own: [[UInt8]], _ others: [[UInt8]]) -> InferenceError {
    let (known, theirs) = (Set(own), Set(others))
    let missing = own.filter { !theirs.contains($0) }
    // A token that is listed twice counts as one more.
    var listed: Set<[UInt8]> = []
    let more = others.filter { !known.contains($0) || !listed.insert($0).inserted }
    return .vocabulariesDiffer(
      path: path, missingCount: missing.count, otherCount: more.count,
      example: String(decoding: missing.first ?? more.first ?? [], as: UTF8.self))
  }
}

extension InferenceError {
  /// Checks that tokens are in a vocabulary.
  ///
  /// - Throws: `noSuchToken` with the first one that is not.
  static func check(_ ids: some Sequence<Int32>, vocabularySize: Int) throws(InferenceError) {
    for id in ids where id < 0 || id >= vocabularySize {
      throw .noSuchToken(id: id, vocabularySize: vocabularySize)
    }
  }
}

extension InferenceError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite:
      "the model's predictions are not finite numbers: its weights are damaged or its training diverged; "
        + "copy the file again or train with a lower learning rate"
    case .noSuchToken(let id, let size):
      "expected tokens of the vocabulary, 0 to \(size - 1), found \(id); encode the text with the model's tokenizer"
    case .nothingToPredict(let count):
      "expected a text with a token to predict after its first one, found \(count) \(count == 1 ? "token" : "tokens"); "
        + "name a longer text"
    case .nothingToDraw:
      "the sampler rules out all tokens; forbid fewer of them"
    case .malformedNGrams(let path, let line, let expected, let found):
      "line \(line) of \(path.quoted()) does not fit an ARPA file: expected \(expected), found \(found); write the "
        + "file again"
    case .vocabulariesDiffer(let path, let missingCount, let otherCount, let example):
      "mixed models need the same tokens, but \(path.quoted()) lacks \(missingCount) of the model's tokens and adds "
        + "\(otherCount), such as \(example.quoted()); train both on the same text with the same vocabulary"
    case .notARPA(let path, let found, let advice):
      "expected an n-gram model in the ARPA format in \(path.quoted()), which begins with the line '\\data\\', "
        + "but \(found ?? "it is not text"); \(advice)"
    case .wordsMissing(let path, let count, let example):
      "the n-gram model \(path.quoted()) lacks \(count) of the words that it should predict, such as "
        + "\(example.quoted()); count it with the same vocabulary, or map these words to its \(Vocabulary.unknown)"
    case .noSentenceEnd(let path):
      "the n-gram model \(path.quoted()) lacks '</s>', the end of a sentence, so it cannot predict line ends; "
        + "use a model of sentences"
    case .tooFewNGrams(let length):
      "the discounts of \(length)-grams cannot be estimated, since too few of them occur once, twice and three times; "
        + "use a text with more different words, or fixed discounts"
    case .nothingToCount:
      "expected a text with words for counting n-grams, found none; name another text"
    case .sentenceMark(let mark):
      "the vocabulary contains \(mark.quoted()), which n-gram counting adds to each sentence; remove the marks from "
        + "the text and its vocabulary"
    case .noSentences:
      "expected words and line ends as tokens for counting n-grams, found other tokens; use a model of words"
    case .noCompletion:
      "words cannot be completed from the subwords of a tokenizer.json; use a model of whole words, characters, "
        + "bytes or byte pairs"
    }
  }
}
