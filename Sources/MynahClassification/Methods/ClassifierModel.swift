import MynahText
import MynahModels
import MynahTensors

/// What gives each class a score for a text.
public enum ClassifierModel: Sendable {
  /// Language models, by their log-likelihoods.
  case perClass(ClassModels)
  /// A recurrent classifier, by its logits.
  case recurrent(RecurrentClassifier)
  /// Word counts.
  case naiveBayes(NaiveBayes)

  /// The scores of the classes, and how many tokens they are of.
  func scored(_ ids: [Int32], vocabulary: Vocabulary) -> (scores: [Double], tokenCount: Int) {
    switch self {
    case .perClass(let models):
      (models.logLikelihoods(ids), max(1, ids.count - 1))
    case .recurrent(let classifier):
      (classifier([ids]).value.elements.map { Double($0) }, max(1, ids.count))
    case .naiveBayes(let bayes):
      (bayes.scores(NaiveBayes.words(ids, vocabulary)), max(1, ids.count))
    }
  }
}

extension NaiveBayes {
  /// The tokens of a vocabulary that are no words, rising.
  private static func marks(of vocabulary: Vocabulary) -> [Int32] {
    [vocabulary.unknownID, vocabulary.endOfSentenceID].compactMap(\.self).sorted()
  }

  /// V, the number of words of a vocabulary.
  static func wordCount(of vocabulary: Vocabulary) -> Int { vocabulary.count - marks(of: vocabulary).count }

  /// The words of a text, numbered without the marks, which are left out.
  static func words(_ ids: [Int32], _ vocabulary: Vocabulary) -> [Int32] {
    let marks = marks(of: vocabulary)
    return ids.compactMap { id in
      marks.contains(id) ? nil : id - Int32(marks.count { $0 < id })
    }
  }
}
