import MynahText
import MynahModels
import MynahTensors

/// A model that computes a score of each class for a text.
public enum ClassifierModel: Sendable {
  /// One language model per class; the scores are log-likelihoods.
  case perClass(ClassModels)
  /// A recurrent classifier; the scores are its logits.
  case recurrent(RecurrentClassifier)
  /// Naive Bayes on word counts; the scores are joint log-probabilities.
  case naiveBayes(NaiveBayes)

  /// Returns the scores of the classes and the number of tokens scored.
  func scored(_ ids: [Int32], vocabulary: Vocabulary) throws -> (scores: [Double], tokenCount: Int) {
    switch self {
    case .perClass(let models):
      (try models.logLikelihoods(ids), max(1, ids.count - 1))
    case .recurrent(let classifier):
      (classifier([ids]).value.elements.map { Double($0) }, max(1, ids.count))
    case .naiveBayes(let bayes):
      (bayes.scores(NaiveBayes.words(ids, vocabulary)), max(1, ids.count))
    }
  }
}

extension NaiveBayes {
  /// Returns the ids of the tokens that are not words, in ascending order.
  private static func marks(of vocabulary: Vocabulary) -> [Int32] {
    [vocabulary.unknownID, vocabulary.endOfSentenceID].compactMap(\.self).sorted()
  }

  /// Returns V, the number of words in a vocabulary.
  static func wordCount(of vocabulary: Vocabulary) -> Int { vocabulary.count - marks(of: vocabulary).count }

  /// Returns the words of a text, dropping the marks and renumbering the words without them.
  static func words(_ ids: [Int32], _ vocabulary: Vocabulary) -> [Int32] {
    let marks = marks(of: vocabulary)
    return ids.compactMap { id in
      marks.contains(id) ? nil : id - Int32(marks.count { $0 < id })
    }
  }
}
