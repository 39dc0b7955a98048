import MynahIO

/// An error in n-best lists, or in the scores, references or weights for them.
public enum NBestError: Error, Hashable, Sendable {
  // Lines.
  /// A line or, if the place has a column, a part of it is malformed.
  case malformed(TextPlace, expected: String, found: String)
  /// A hypothesis has two scores of the same name.
  case repeatedName(String, TextPlace)
  /// A hypothesis has different scores from the first one.
  case otherNames(TextPlace, missing: [String], surplus: [String], first: TextPlace)
  /// Only some hypotheses have a total score.
  case otherTotal(TextPlace, hasTotal: Bool, first: TextPlace)
  /// A text has an unknown token, and the vocabulary has no `<unk>`.
  case unknownToken(String, TextPlace)

  // Lists and files that belong together.
  /// An id or key occurs twice: the id of a list again after another list, or the same key on two lines.
  case repeated(String, TextPlace, earlier: TextPlace)
  /// A file of scores has no score for a hypothesis.
  case noScore(key: String, TextPlace, path: String)
  /// A file of scores has a key that is in no list.
  case noHypothesis(key: String, TextPlace)
  /// There is no reference for a list.
  case noReference(id: String, TextPlace, path: String)
  /// There is a reference without a list.
  case noList(id: String, TextPlace)
  /// The references have no words.
  case noReferenceWords(path: String)
  /// The model assigns probability 0 to a text, so the model's weight cannot be tuned.
  case zeroProbability(TextPlace)

  // Weights.
  /// A text is not a list of weights.
  case malformedWeights(expected: String, found: String)
  /// The weights do not contain all scores of the lists.
  case missingWeights([String])
  /// The weights contain scores that the lists do not have.
  case unknownWeights([String], known: [String])
  /// The lists have a score with the name of a built-in one.
  case reservedName(String)
}

extension NBestError: CustomStringConvertible {
  /// A message with the place, the reason and the remedy.
  public var description: String {
    switch self {
    case .malformed(let place, let expected, let found):
      "\(place): expected \(expected), found \(found.quoted()); correct or remove the line"
    case .repeatedName(let name, let place):
      "\(place) has the score \(name.quoted()) twice; give each score a name of its own"
    case .otherNames(let place, let missing, let surplus, let first):
      "the scores of \(place) are not those of \(first): it "
        + [("lacks", missing), ("adds", surplus)].filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.quotedList())" }
        .joined(separator: " and ") + "; give all hypotheses scores of the same names"
    case .otherTotal(let place, let hasTotal, let first):
      "\(place) has \(hasTotal ? "a" : "no") total score, unlike \(first); give all hypotheses a total or none"
    case .unknownToken(let token, let place):
      "\(token.quoted()) in the text of \(place) is not in the vocabulary, which has no <unk> to stand for it; use a "
        + "model whose vocabulary contains it, or remove the hypothesis"
    case .repeated(let id, let place, let earlier):
      "\(place) has \(id.quoted()) again after \(earlier); keep the lines of each list together, and use each key once"
    case .noScore(let key, let place, let path):
      "\(path.quoted()) has no score for \(key.quoted()) (\(place)); add it, or remove the hypothesis"
    case .noHypothesis(let key, let place):
      "\(place) scores \(key.quoted()), which no list contains; use scores and lists of the same run"
    case .noReference(let id, let place, let path):
      "\(path.quoted()) has no reference for \(id.quoted()) (\(place)); add it, or remove the list"
    case .noList(let id, let place):
      "\(place) is a reference for \(id.quoted()), which has no list; add the list, or remove the reference"
    case .noReferenceWords(let path):
      "the references in \(path.quoted()) have no words to compute an error rate with; name the file of references"
    case .zeroProbability(let place):
      "the model gives the text of \(place) the probability 0, so its weight cannot be tuned; mix in a model that "
        + "predicts all words"
    case .malformedWeights(let expected, let found):
      "expected \(expected), found \(found.quoted())"
    case .missingWeights(let names):
      "the weights lack the scores \(names.quotedList()) of the lists; give each a weight, 0 to leave it out"
    case .unknownWeights(let names, let known):
      "there is no score \(names.quotedList()) to weight; the lists have "
        + (known.isEmpty ? "none" : known.quotedList()) + ", the built-in ones are "
        + ScoreWeights.builtInNames.quotedList()
    case .reservedName(let name):
      "the lists have a score \(name.quoted()), which is the name of a built-in one; rename it in the lists"
    }
  }
}
