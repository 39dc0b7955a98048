import Foundation
import MynahDatasets
import MynahTensors
import MynahText
import Testing

struct TrigramModelTests {
  @Test("An untrained model has a perplexity equal to the vocabulary size")
  func uniform() {
    let model = TrigramModel(training: [], vocabularySize: 7, startID: 0)
    #expect(abs(model.perplexity(of: [1, 2, 3]) - 7) < 1e-12)
  }

  @Test("Probabilities use add-one smoothed counts")
  func byHand() {
    // Triples of 1 2 1 2 after two 0s: (0 0 1), (0 1 2), (1 2 1), (2 1 2).
    let model = TrigramModel(training: [1, 2, 1, 2], vocabularySize: 3, startID: 0)
    // P(1 | 0 0) = 2/4, P(2 | 0 1) = 2/4, P(0 | 1 2) = 1/4, P(0 | 2 0) = 1/3.
    let expected = exp(-(log(0.5) + log(0.5) + log(0.25) + log(1.0 / 3)) / 4)
    #expect(abs(model.perplexity(of: [1, 2, 0, 0]) - expected) < 1e-12)
  }
}
